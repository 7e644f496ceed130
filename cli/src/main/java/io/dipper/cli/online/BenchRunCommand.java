package io.dipper.cli.online;

import io.dipper.cli.ExitCode;
import io.dipper.cli.Failure;
import io.dipper.cli.InputFile;
import io.dipper.cli.ProgressLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "run",
        description = "Runs a scenario open-loop and tells latency, memory and a verdict.",
        footer =
                "Exit code: 0 good or nothing was asked, 1 a threshold or the baseline was missed, 2 it could not be measured, 3 too few requests to tell.")
public final class BenchRunCommand extends OnlineCommand {
    private static final String RUNS = "/api/benchmark/runs";
    private static final long POLL_MILLIS = 250;
    private static final int MOST_RUN_BYTES = 16 * InputFile.MIB;

    @Parameters(paramLabel = "SCENARIO.yaml", description = "what to send, how fast, for how long, and its thresholds")
    Path file;

    @Option(
            names = "--baseline",
            paramLabel = "ID|FILE",
            description = "an earlier run of the same load to compare with: its id, or what --json printed")
    String baseline;

    @Override
    int run(Platform platform) throws Exception {
        ObjectNode body = Platform.JSON.createObjectNode();
        body.set("scenario", scenario());
        if (baseline != null) {
            body.set("baseline", earlier());
        }
        String id = platform.post(RUNS, body).path("id").asString();
        var cancel = new Thread(() -> platform.post(RUNS + "/" + id + "/cancel", Platform.JSON.createObjectNode()));
        Runtime.getRuntime().addShutdownHook(cancel);
        JsonNode run = watch(platform, id);
        Runtime.getRuntime().removeShutdownHook(cancel);
        if (json) {
            print(run);
        }
        if (run.path("results").isMissingNode() || run.path("results").isNull()) {
            throw Failure.badInput("run " + id + " is " + run.path("state").asString() + ": "
                    + run.path("message").asString(""));
        }
        if (!json) {
            new BenchReport(run).print(out());
        }
        return run.path("state").asString().equals("FINISHED") ? exitCode(run) : ExitCode.BAD_INPUT;
    }

    private JsonNode watch(Platform platform, String id) throws InterruptedException {
        var line = new ProgressLine(spec.commandLine().getErr());
        while (true) {
            JsonNode run = platform.get(RUNS + "/" + id);
            String state = run.path("state").asString();
            if (!state.equals("QUEUED") && !state.equals("RUNNING")) {
                line.end("");
                return run;
            }
            JsonNode progress = run.path("progress");
            line.count(
                    "run " + id + " is " + state.toLowerCase(Locale.ROOT),
                    "requests",
                    progress.path("ended").asDouble(0),
                    progress.path("scheduled").asDouble(0));
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private static int exitCode(JsonNode run) {
        return switch (run.path("verdict").path("answer").asString("PASS")) {
            case "FAIL" -> ExitCode.NO;
            case "UNDECIDED" -> ExitCode.UNDECIDED;
            default -> ExitCode.GOOD;
        };
    }

    private JsonNode scenario() throws IOException {
        var options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(0);
        String text = InputFile.read(file, InputFile.MIB);
        Object document;
        try {
            document = new Yaml(new SafeConstructor(options)).load(text);
        } catch (MarkedYAMLException e) {
            throw notYaml(e.getProblem() + place(e.getProblemMark()));
        } catch (RuntimeException e) {
            // Besides its own, what the parsers of numbers, dates and binary values throw.
            throw notYaml(e.getMessage());
        }
        if (document instanceof Map<?, ?>) {
            return Platform.JSON.valueToTree(document);
        }
        throw Failure.badInput(file + ": not a YAML mapping");
    }

    private Failure notYaml(String problem) {
        return Failure.badInput(file + ": not YAML: " + problem);
    }

    private static String place(@Nullable Mark mark) {
        return mark == null ? "" : " (line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ")";
    }

    private JsonNode earlier() throws IOException {
        Path earlier = Path.of(baseline);
        if (!Files.exists(earlier)) {
            return Platform.JSON.getNodeFactory().stringNode(baseline);
        }
        try {
            return Platform.JSON.readTree(InputFile.read(earlier, MOST_RUN_BYTES));
        } catch (JacksonException e) {
            throw Failure.badInput("--baseline " + earlier + ": not JSON");
        }
    }
}
