package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.cli.online.ImportJob;
import io.dipper.cli.online.Platform;
import io.dipper.fixtures.Fixtures;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.postgres.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.json.JsonMapper;

/// An inference service dies as processes do; registry and gateway live on.
@Timeout(300)
class KilledInferenceTest {
    private static final String TOKEN = "a-token-for-this-test-only";
    private static final String MODEL = "dipper-mini";
    private static final long POLL_NS = 50_000_000;

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void itsStreamsEndWithAnErrorFrameAndItsSuccessorIsFoundWithoutARestartOfTheGateway() throws Exception {
        int port = RunningPlatform.freePorts();
        try (var postgres = EmbeddedPostgres.start(new DipperHome(folder.resolve("database")));
                ConfigurableApplicationContext registry = Service.REGISTRY.start(
                        properties("registry", port + 2, postgres.settings().asProperties()));
                ConfigurableApplicationContext gateway = Service.GATEWAY.start(
                        properties("gateway", port, postgres.settings().asProperties()))) {
            assertThat(registry.isRunning() && gateway.isRunning()).isTrue();
            ImportJob.run(
                    new Platform(URI.create("http://127.0.0.1:" + (port + 2)), TOKEN),
                    MODEL,
                    "path:" + Fixtures.dipperMini(),
                    null,
                    new PrintWriter(System.err, true, StandardCharsets.UTF_8));
            Process first = inference(port);
            Process second = null;
            try {
                awaitAnswer(port);
                HttpResponse<Stream<String>> stream = http.send(request(port, true), BodyHandlers.ofLines());
                assertThat(stream.statusCode()).isEqualTo(200);
                List<String> lines = stream.body()
                        .filter(line -> !line.isEmpty())
                        .peek(_ -> first.destroyForcibly())
                        .toList();
                assertThat(lines.getFirst()).startsWith("data: {");
                String last = lines.stream()
                        .filter(line -> line.startsWith("data: {"))
                        .reduce((_, line) -> line)
                        .orElseThrow();
                assertThat(JsonMapper.shared()
                                .readTree(last.substring(6))
                                .at("/error/type")
                                .asString())
                        .as("%s", lines)
                        .isEqualTo("server_error");

                HttpResponse<String> refused = http.send(request(port, false), BodyHandlers.ofString());
                assertThat(refused.statusCode()).as(refused.body()).isGreaterThanOrEqualTo(500);
                assertThat(JsonMapper.shared()
                                .readTree(refused.body())
                                .at("/error/message")
                                .asString())
                        .isNotBlank();

                second = inference(port);
                awaitAnswer(port);
            } finally {
                first.destroyForcibly();
                if (second != null) {
                    second.destroyForcibly();
                }
            }
        }
    }

    /// On the same address each time, as a supervisor would start it again; returns when it says that
    /// it is ready, which is when its model serves.
    private Process inference(int gatewayPort) throws Exception {
        ProcessBuilder builder = DipperProcess.of(
                "serve",
                "inference",
                "--port",
                Integer.toString(gatewayPort + 1),
                "--home",
                folder.resolve("inference").toString());
        builder.environment()
                .putAll(Map.of(
                        "DIPPER_REGISTRY_URL",
                        "http://127.0.0.1:" + (gatewayPort + 2),
                        "DIPPER_SERVICE_TOKEN",
                        TOKEN,
                        "DIPPER_MODEL",
                        MODEL));
        Process process =
                builder.redirectError(folder.resolve("inference.err").toFile()).start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        assertThat(out.readLine()).startsWith("ready ");
        var health = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + (gatewayPort + 1) + "/health/ready"))
                .build();
        assertThat(http.send(health, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        return process;
    }

    private void awaitAnswer(int port) throws Exception {
        while (http.send(request(port, false), BodyHandlers.ofString()).statusCode() != 200) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private static HttpRequest request(int port, boolean endless) {
        String body = """
                {"model": "dipper-mini", "stream": %s, "ignore_eos": true, "max_tokens": %d,
                 "messages": [{"role": "user", "content": "Tell me a story."}]}""".formatted(endless, endless ? 1900 : 2);
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .header("Authorization", "Bearer " + TOKEN)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private Map<String, Object> properties(String home, int port, Map<String, ?> database) {
        Map<String, Object> properties = new TreeMap<>(database);
        properties.put("server.port", port);
        properties.put("dipper.home", folder.resolve(home).toString());
        properties.put("dipper.service-token", TOKEN);
        properties.put("dipper.registry.url", "http://127.0.0.1:" + (home.equals("registry") ? port : port + 2));
        properties.put("dipper.inference.url", "http://127.0.0.1:" + (home.equals("registry") ? port - 1 : port + 1));
        return properties;
    }
}
