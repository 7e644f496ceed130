package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The whole platform, from a client's side of the gateway.
@Timeout(300)
class PlatformTest {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String MODEL = "dipper-mini";

    @TempDir
    static Path home;

    private static RunningPlatform platform;

    @BeforeAll
    static void start() throws Exception {
        platform = RunningPlatform.start(home.resolve("home"));
    }

    @AfterAll
    static void stop() {
        platform.close();
    }

    static List<JsonNode> cases() throws Exception {
        List<JsonNode> cases = new ArrayList<>();
        for (String file : new String[] {"expected.jsonl", "expected-extra.jsonl"}) {
            try (Stream<String> lines = Files.lines(Fixtures.dipperMini().resolve(file))) {
                lines.map(JSON::readTree).forEach(cases::add);
            }
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aCaseIsAnsweredAsTheReferenceDoes(JsonNode expected) throws Exception {
        ObjectNode request = request(expected);
        JsonNode rendered = JSON.readTree(
                platform.post("/v1/chat/completions/render", request).body());
        assertThat(rendered.path("prompt").asString())
                .isEqualTo(expected.path("rendered_prompt").asString());
        assertThat(rendered.path("token_ids")).isEqualTo(expected.path("prompt_ids"));

        JsonNode whole =
                JSON.readTree(platform.post("/v1/chat/completions", request).body());
        assertThat(whole.path("prompt_token_ids")).isEqualTo(expected.path("prompt_ids"));
        assertThat(whole.path("choices").path(0).path("token_ids")).isEqualTo(expected.path("greedy_ids"));

        String stream = platform.post("/v1/chat/completions", request.put("stream", true))
                .body();
        assertThat(streamedIds(stream)).isEqualTo(ints(expected.path("greedy_ids")));
        assertThat(stream).endsWith("data: [DONE]\n\n");
    }

    @Test
    void theConsoleWorksInARealBrowser() throws Exception {
        Path console = Fixtures.root().resolve("console");
        assumeTrue(Files.isDirectory(console.resolve("node_modules")), "the console was not built");
        assumeTrue(Files.exists(Path.of("/usr/bin/chromium")), "there is no Chromium");
        Path log = home.resolve("e2e.log");
        Process process = new ProcessBuilder(
                        "npm",
                        "run",
                        "e2e",
                        "--",
                        "--base-url",
                        platform.url("").toString(),
                        "--key-file",
                        platform.home.adminKey().toString())
                .directory(console.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(process.waitFor()).as(() -> read(log)).isZero();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void theRegistryKnowsTheModelsArchitecture() throws Exception {
        JsonNode model = platform.get("/api/registry/models/" + MODEL);
        assertThat(model.path("architecture").path("family").asString()).isEqualTo("qwen3");
        assertThat(model.path("architecture").path("parametersTotal").asLong()).isEqualTo(14_163_328);
    }

    private static ObjectNode request(JsonNode expected) {
        ObjectNode request = JSON.createObjectNode().put("model", MODEL).put("temperature", 0);
        request.set("messages", withCallIds(expected.path("messages")));
        if (!expected.path("tools").isNull() && expected.has("tools")) {
            request.set("tools", expected.path("tools"));
        }
        request.putObject("chat_template_kwargs")
                .put("enable_thinking", expected.path("enable_thinking").asBoolean());
        return request.put("max_tokens", 200).put("return_token_ids", true);
    }

    /// The wire wants to know which call a result answers; the reference's conversations do not
    /// say, and the template does not show it.
    private static JsonNode withCallIds(JsonNode messages) {
        JsonNode copy = messages.deepCopy();
        int calls = 0;
        int results = 0;
        for (JsonNode message : copy) {
            for (JsonNode call : message.path("tool_calls")) {
                ((ObjectNode) call).put("id", "call_" + calls++);
            }
            if (message.path("role").asString().equals("tool")) {
                ((ObjectNode) message).put("tool_call_id", "call_" + results++);
            }
        }
        return copy;
    }

    private static List<Integer> streamedIds(String stream) {
        List<Integer> ids = new ArrayList<>();
        stream.lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> JSON.readTree(line.substring(6)))
                .forEach(chunk -> ids.addAll(ints(chunk.path("choices").path(0).path("token_ids"))));
        return ids;
    }

    private static List<Integer> ints(JsonNode array) {
        List<Integer> ids = new ArrayList<>();
        array.forEach(id -> ids.add(id.asInt()));
        return ids;
    }
}
