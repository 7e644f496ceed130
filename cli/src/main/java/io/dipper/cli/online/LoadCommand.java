package io.dipper.cli.online;

import io.dipper.cli.Failure;
import io.dipper.cli.ProgressLine;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@Command(name = "load", description = "Loads a model on the inference service; returns when it serves.")
public final class LoadCommand extends OnlineCommand {
    private static final long POLL_MILLIS = 200;

    @Parameters(paramLabel = "MODEL", description = "a model's name, or the path of a checkpoint's folder")
    String model;

    @Option(names = "--target", paramLabel = "TARGET", description = "what it runs on: cpu-f32, cuda-bf16")
    @Nullable
    String target;

    @Option(
            names = "--card",
            paramLabel = "N",
            description = "on this of the service's cards; default: the one with the most free memory")
    @Nullable
    Integer card;

    @Option(names = "--force", description = "also if its proof failed")
    boolean force;

    @Override
    int run(Platform platform) throws InterruptedException {
        ObjectNode body = Platform.JSON.createObjectNode();
        if (target != null) {
            body.put("target", target);
        }
        if (card != null) {
            body.put("card", card);
        }
        if (force) {
            body.put("force", true);
        }
        JsonNode loaded = platform.post("/api/inference/models/" + Platform.segment(model) + "/load", body);
        String name = loaded.path("name").asString(model);
        var line = new ProgressLine(spec.commandLine().getErr());
        long startNs = System.nanoTime();
        while (loaded.path("state").asString().equals("LOADING")) {
            line.count("loading " + name, "s", (System.nanoTime() - startNs) * 1e-9, 0);
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            loaded = entry(platform, name);
        }
        line.end("");
        switch (loaded.path("state").asString("")) {
            case "READY" -> {
                // As it was asked for.
            }
            case "", "DRAINING" -> throw Failure.badInput(name + " was unloaded while this command waited for it");
            default ->
                throw Failure.badInput(name + ": " + loaded.path("message").asString());
        }
        if (json) {
            print(loaded);
        } else {
            note("loaded " + name);
        }
        return 0;
    }

    private static JsonNode entry(Platform platform, String name) {
        for (JsonNode entry : platform.get("/api/inference/models").path("data")) {
            if (entry.path("name").asString().equals(name)) {
                return entry;
            }
        }
        return Platform.JSON.createObjectNode();
    }
}
