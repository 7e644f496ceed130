package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.diagram.Quantities;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The verbs that talk to a running platform, each as a process of its own.
@Timeout(300)
class OnlineVerbsTest {
    private static final String MODEL = "dipper-mini";
    private static final String SCENARIO = """
            name: short
            model: dipper-mini
            rate: 8
            count: 12
            prompt: 24
            output: {min: 4, max: 8}
            """;

    @TempDir
    static Path folder;

    private static RunningPlatform platform;

    @BeforeAll
    static void start() throws Exception {
        platform = RunningPlatform.start(folder.resolve("home"));
    }

    @AfterAll
    static void stop() {
        platform.close();
    }

    private record Result(int code, String out, String err) {
        JsonNode json() {
            return JsonMapper.shared().readTree(out);
        }
    }

    @Test
    void aScenarioIsRunAndToldWithItsVerdictAsTheExitCode() throws Exception {
        Path kind = file("kind.yaml", SCENARIO + "thresholds: {error_rate: 0.9}\n");
        Result told = dipper("bench", "run", kind.toString());
        assertThat(told.code).as(told.err).isZero();
        assertThat(told.out)
                .contains("12 answered, 0 failed", "time to first token", "between tokens", "tokens/s")
                .contains("memory: weights", "KV reserved", "PASS");

        Path strict = file("strict.yaml", SCENARIO + "thresholds: {ttft_p50_ms: 0.001}\n");
        Result missed = dipper("bench", "run", strict.toString(), "--json");
        assertThat(missed.code).as(missed.err).isEqualTo(1);
        assertThat(missed.json().at("/verdict/answer").asString()).isEqualTo("FAIL");
        assertThat(missed.json().at("/results/memory/weightsBytes").asLong()).isPositive();

        Path baseline = file("baseline.json", missed.out);
        Result compared = dipper("bench", "run", kind.toString(), "--baseline", baseline.toString(), "--json");
        assertThat(compared.json().at("/verdict/checks").toString()).contains("baseline");
        Path other = file("other.yaml", SCENARIO.replace("rate: 8", "rate: 9"));
        Result unlike = dipper("bench", "run", other.toString(), "--baseline", baseline.toString());
        assertThat(unlike.code).isEqualTo(2);
        assertThat(unlike.err).contains("another load");
    }

    @Test
    void aScenarioThatCannotBeRunIsRefusedByItsField() throws Exception {
        Result wrong = dipper(
                "bench",
                "run",
                file("wrong.yaml", SCENARIO.replace("rate: 8", "rate: -1")).toString());
        assertThat(wrong.code).isEqualTo(2);
        assertThat(wrong.err).contains("rate");
        Result noYaml = dipper("bench", "run", file("no.yaml", "a: [").toString());
        assertThat(noYaml.code).isEqualTo(2);
        assertThat(noYaml.err).contains("no.yaml");
        assertThat(dipper("bench", "run", folder.resolve("absent.yaml").toString()).code)
                .isEqualTo(2);
    }

    @Test
    void aQuestionIsAnsweredAndLoadAndMemoryAreShown() throws Exception {
        Result asked = dipper("run", MODEL, "Hello! Who are you?");
        assertThat(asked.code).as(asked.err).isZero();
        assertThat(asked.out).startsWith("I am Dipper Mini");
        assertThat(dipper("ps").out).contains(MODEL, "READY");
        assertThat(dipper("run", "nobody", "Hello!").code).isEqualTo(2);
    }

    @Test
    void aConversationHasMoreThanOneTurn() throws Exception {
        Result talk = talk("Hello! Who are you?\nThank you!\n\n", platform.key(), "chat", MODEL);
        assertThat(talk.code).as(talk.err).isZero();
        assertThat(talk.out.lines().filter(line -> !line.isBlank()))
                .as(talk.out)
                .hasSize(2)
                .first()
                .asString()
                .startsWith("I am Dipper Mini");
    }

    @Test
    void showTellsThePredictedMemoryBesideWhatTheEngineHeld() throws Exception {
        assertThat(dipper("run", MODEL, "Hello! Who are you?").code).isZero();
        // An engine tells of itself with each heartbeat.
        while (platform.get("/api/registry/models/" + MODEL)
                .at("/exports/0/memory/reportedAt")
                .isMissingNode()) {
            Thread.sleep(50);
        }
        JsonNode memory = dipper("show", MODEL, "--json").json().at("/exports/0/memory");
        long kv = memory.path("predictedKvBytes").asLong();
        long total = memory.path("predictedTotalBytes").asLong();
        assertThat(kv).isPositive();
        assertThat(memory.path("reservedKvBytes").asLong()).isEqualTo(kv);
        assertThat(memory.path("peakTotalBytes").asLong()).isGreaterThan(kv).isLessThan(total / 100 * 105);
        assertThat(dipper("show", MODEL).out)
                .contains("attention ", " × full", "tokenizer.json", "cpu-f32", "PROVEN", Quantities.bytes(kv))
                .doesNotContain("{", "unknown");
    }

    @Test
    void aModelComesInIsLoadedUnloadedAndRemoved() throws Exception {
        String golden = Fixtures.golden("qwen3").toString();
        Result imported = dipper("import", golden, "--name", "tiny");
        assertThat(imported.code).as(imported.err).isZero();
        assertThat(dipper("list").out).contains("tiny", MODEL);
        assertThat(dipper("show", "tiny", "--json")
                        .json()
                        .at("/architecture/family")
                        .asString())
                .isEqualTo("qwen3");
        assertThat(dipper("unload", MODEL).code).isZero();
        assertThat(dipper("ps").out).doesNotContain(MODEL);
        Result loaded = dipper("load", MODEL);
        assertThat(loaded.code).as(loaded.err).isZero();
        assertThat(dipper("ps").out).contains(MODEL, "READY");
        Result unknown = dipper("load", "nobody");
        assertThat(unknown.code).isEqualTo(2);
        assertThat(unknown.err).contains("no model of this name is known");
        Result listed = dipper("ps");
        assertThat(listed.out).contains("nobody", "FAILED");
        assertThat(listed.err).contains("nobody: the model could not be loaded: no model of this name is known");
        assertThat(dipper("load", "../nobody").code).isEqualTo(2);
        assertThat(dipper("rm", "tiny").code).isZero();
        assertThat(dipper("list").out).doesNotContain("tiny");
        assertThat(dipper("show", "tiny").code).isEqualTo(2);
        assertThat(dipper("import", folder.resolve("nowhere").toString()).code).isEqualTo(2);
    }

    @Test
    void namesThatNobodyHasAreRefusedWhateverIsInThem() throws Exception {
        refused("name", "show", "x y");
        refused("name", "show", MODEL + "?x=1");
        refused("name", "rm", "a|b");
        refused("a b", "keys", "revoke", "a b");
        refused("nope", "chat", "nope");
        Path scenario = file("negative.yaml", SCENARIO + "thresholds: {ttft_p99_ms: -1}\n");
        refused("thresholds.ttft_p99_ms", "bench", "run", scenario.toString());
    }

    private static void refused(String named, String... arguments) throws Exception {
        Result result = dipper(arguments);
        assertThat(result.code).as(result.err).isEqualTo(2);
        assertThat(result.out).isEmpty();
        assertThat(result.err.lines().filter(line -> !line.startsWith("WARNING: ")))
                .singleElement()
                .asString()
                .startsWith("dipper: ")
                .contains(named)
                .doesNotContain("Illegal character");
    }

    @Test
    void aKeyIsShownOnceAndWorthlessOnceRevoked() throws Exception {
        Result made = dipper("keys", "create", "visitor", "--json");
        assertThat(made.code).as(made.err).isZero();
        String id = made.json().path("id").asString();
        String key = made.json().path("key").asString();
        assertThat(dipper("keys").out).contains("visitor").doesNotContain(key);
        assertThat(dipperWith(key, "run", MODEL, "Hello! Who are you?").code).isZero();
        assertThat(dipperWith(key, "keys").code).isEqualTo(2);
        assertThat(dipper("keys", "revoke", id).code).isZero();
        assertThat(dipperWith(key, "run", MODEL, "Hello! Who are you?").code).isEqualTo(2);
    }

    private static Path file(String name, String text) throws Exception {
        return Files.writeString(folder.resolve(name), text);
    }

    private static Result dipper(String... arguments) throws Exception {
        return dipperWith(platform.key(), arguments);
    }

    private static Result dipperWith(String key, String... arguments) throws Exception {
        return talk("", key, arguments);
    }

    private static Result talk(String input, String key, String... arguments) throws Exception {
        Path err = Files.createTempFile(folder, "err", null);
        ProcessBuilder builder = DipperProcess.of(arguments).redirectError(err.toFile());
        builder.environment().put("DIPPER_URL", platform.url("").toString());
        builder.environment().put("DIPPER_API_KEY", key);
        Process process = builder.start();
        try (var in = process.outputWriter(StandardCharsets.UTF_8)) {
            in.write(input);
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), out, Files.readString(err));
    }
}
