package io.dipper.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Against an inference-service that is a few lines long and answers what the test wants.
@Timeout(120)
class ProofTest {
    record Answer(int status, String body) {}

    @TempDir
    static Path home;

    static HttpServer inference;
    static final Queue<Answer> ANSWERS = new ConcurrentLinkedQueue<>();
    static final Queue<JsonNode> ASKED = new ConcurrentLinkedQueue<>();
    static RunningRegistry registry;

    @BeforeAll
    static void start() throws IOException {
        inference = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        inference.createContext("/api/inference/prove", exchange -> {
            try (exchange) {
                ASKED.add(JsonMapper.shared().readTree(exchange.getRequestBody()));
                boolean known = ("Bearer " + RunningRegistry.TOKEN)
                        .equals(exchange.getRequestHeaders().getFirst("Authorization"));
                Answer answer = known ? ANSWERS.poll() : new Answer(401, "{}");
                byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(answer.status(), body.length);
                exchange.getResponseBody().write(body);
            }
        });
        inference.start();
        registry = RunningRegistry.start(
                home,
                Map.of(
                        "dipper.inference.url",
                        "http://127.0.0.1:" + inference.getAddress().getPort(),
                        "dipper.registry.proof-interval",
                        "50ms"));
    }

    @AfterAll
    static void stop() {
        registry.close();
        inference.stop(0);
    }

    @BeforeEach
    void forget() {
        ANSWERS.clear();
        ASKED.clear();
    }

    @AfterEach
    void remove() throws Exception {
        registry.delete("/api/registry/models/m");
    }

    @ParameterizedTest
    @CsvSource({"PASS, PROVEN", "FAIL, FAILED", "AMBIGUOUS, AMBIGUOUS", "REFUSED, FAILED"})
    void anExportTakesTheStateThatTheProofFound(String verdict, String state) throws Exception {
        ANSWERS.add(new Answer(200, "{\"verdict\":\"" + verdict + "\",\"max_logit_diff\":3e-5}"));

        registry.importNow("m", "path:" + Fixtures.golden("qwen3"));

        awaitState(state);
        JsonNode model = registry.get("/api/registry/models/m").body();
        JsonNode proof = model.at("/exports/0/proofs/0");
        assertThat(proof.get("verdict").stringValue()).isEqualTo(verdict);
        assertThat(proof.at("/report/max_logit_diff").doubleValue()).isEqualTo(3e-5);
        JsonNode asked = ASKED.remove();
        assertThat(asked.get("folder")).isEqualTo(model.get("checkpointFolder"));
        assertThat(asked.get("target").stringValue()).isEqualTo("cpu-f32");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"503| {}", "404| {}", "200| {\"verdict\":\"MAYBE\"}", "200| not JSON"})
    void aProverThatCannotLeavesTheExportUnprovenAndIsAskedAgainLater(int status, String body) throws Exception {
        ANSWERS.add(new Answer(status, body));
        ANSWERS.add(new Answer(200, "{\"verdict\":\"PASS\"}"));
        registry.importNow("m", "path:" + Fixtures.golden("qwen3"));
        registry.await("/api/registry/models/m/export", answer -> !ASKED.isEmpty());
        awaitState("UNPROVEN");
        assertThat(registry.get("/api/registry/models/m").body().at("/exports/0/proofs"))
                .isEmpty();

        registry.bean(JdbcClient.class)
                .sql("update export set proof_due_at = now()")
                .update();
        awaitState("PROVEN");
    }

    @Test
    void nothingIsProvenWhileTheProofIsRunningElsewhere() throws Exception {
        ANSWERS.add(new Answer(200, "{\"verdict\":\"PASS\"}"));
        registry.importNow("m", "path:" + Fixtures.golden("qwen3"));
        awaitState("PROVEN");

        registry.bean(JdbcClient.class)
                .sql("update export set state = 'PROVING', proof_due_at = now() + interval '1 hour'")
                .update();
        ASKED.clear();
        registry.importNow("m", "path:" + Fixtures.golden("qwen3"));
        assertThat(ASKED).isEmpty();
    }

    private static void awaitState(String state) throws Exception {
        registry.await(
                "/api/registry/models/m/export",
                answer -> answer.body().get("state").stringValue().equals(state));
    }
}
