package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.cli.ExitCode;
import io.dipper.cli.online.Platform;
import io.dipper.fixtures.Fixtures;
import io.dipper.servicesupport.home.DipperHome;
import java.io.BufferedReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Processes that lose their device while they stream: clients are told, the process ends with an exit code
/// of its own, and where there is somebody to start it anew, its models are served again, but for one whose
/// load kills the process.
@Timeout(300)
class LostDeviceTest {
    private static final String MINI = "dipper-mini";
    private static final String TWIN = "mini-twin";
    private static final String TOKEN = "a-token-for-this-test-only";
    private static final long POLL_NS = 50_000_000;

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private DipperHome home;

    @BeforeEach
    void install() throws Exception {
        home = new DipperHome(folder.resolve("home"));
        LosingRunners.installIn(home);
    }

    @Test
    void aServiceOfItsOwnTellsItsClientsAndEndsWithItsExitCode() throws Exception {
        int port = RunningPlatform.freePorts() + 1;
        ProcessBuilder builder = DipperProcess.of(
                "serve",
                "inference",
                "--port",
                Integer.toString(port),
                "--home",
                home.root().toString());
        builder.environment().put("DIPPER_SERVICE_TOKEN", TOKEN);
        builder.environment().put("DIPPER_MODEL", Fixtures.dipperMini().toString());
        Process serve = builder.redirectError(folder.resolve("err").toFile()).start();
        try (BufferedReader out = serve.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).startsWith("ready ");
            assertThat(lastEvent(port, TOKEN, "dipper-mini")).isEqualTo("device_lost");
            assertThat(serve.waitFor()).isEqualTo(ExitCode.DEVICE_LOST);
            assertThat(Files.readString(folder.resolve("err")))
                    .contains("dipper: this process has lost its context on a test's device")
                    .contains("exit code 75");
        } finally {
            serve.destroyForcibly();
        }
    }

    @Test
    void upLivesOnAndServesAgainWhatWasLoaded() throws Exception {
        int port = RunningPlatform.freePorts();
        Process up = up(port, "none");
        try (BufferedReader out = up.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).startsWith("ready ");
            String key = Files.readString(home.adminKey()).strip();
            load(port, key, twin());
            awaitAnswers(port, key, TWIN);
            assertThat(lastEvent(port, key, TWIN)).isEqualTo("device_lost");
            awaitAnswers(port, key, TWIN);
            List<ProcessHandle> children = up.children().toList();
            up.toHandle().destroy();
            assertThat(up.waitFor()).isZero();
            assertThat(out.readLine()).isNull();
            assertThat(children).noneMatch(ProcessHandle::isAlive);
            assertThat(Files.readString(folder.resolve("err"))).contains("ended with exit code 75");
        } finally {
            up.descendants().forEach(ProcessHandle::destroyForcibly);
            up.destroyForcibly();
        }
    }

    @Test
    void whoseLoadKillsTheProcessIsLeftOutAndTheOthersComeBack() throws Exception {
        int port = RunningPlatform.freePorts();
        Process up = up(port, MINI);
        try (BufferedReader out = up.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).startsWith("ready ");
            String key = Files.readString(home.adminKey()).strip();
            Path twin = twin();
            load(port, key, twin);
            awaitAnswers(port, key, TWIN);
            LosingRunners.killLoads(home);
            assertThat(lastEvent(port, key, TWIN)).isEqualTo("device_lost");
            while (!told(port, key, TWIN).contains("left out")) {
                assertThat(status(port, key, TWIN)).as("known, and away").isIn(502, 503);
                LockSupport.parkNanos(POLL_NS);
            }
            awaitAnswers(port, key, MINI);
            assertThat(Files.readString(folder.resolve("err")))
                    .containsPattern("exit code 75(?s:.*)exit code 134(?s:.*)exit code 134(?s:.*)exit code 134")
                    .contains(TWIN + ": processes that died while it was being loaded: 3; it is left out");

            LosingRunners.letLive(home);
            load(port, key, twin);
            awaitAnswers(port, key, TWIN);
            stop(up);
        } finally {
            up.descendants().forEach(ProcessHandle::destroyForcibly);
            up.destroyForcibly();
        }
    }

    private Process up(int port, String model) throws Exception {
        return DipperProcess.of(
                        "up",
                        "--inference-apart",
                        "--model",
                        model,
                        "--port",
                        Integer.toString(port),
                        "--home",
                        home.root().toString())
                .redirectError(folder.resolve("err").toFile())
                .start();
    }

    private static void stop(Process up) throws Exception {
        up.toHandle().destroy();
        assertThat(up.waitFor()).isZero();
    }

    private static void load(int port, String key, Path model) {
        new Platform(URI.create("http://127.0.0.1:" + port), key)
                .post(
                        "/api/inference/models/" + URLEncoder.encode(model.toString(), StandardCharsets.UTF_8)
                                + "/load",
                        JsonMapper.shared().createObjectNode());
    }

    /// What the service says of a model that does not serve; empty while it is away.
    private String told(int port, String key, String model) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/inference/models"))
                .header("Authorization", "Bearer " + key)
                .build();
        HttpResponse<String> reply = http.send(request, BodyHandlers.ofString());
        if (reply.statusCode() != 200) {
            return "";
        }
        return JsonMapper.shared()
                .readTree(reply.body())
                .path("data")
                .valueStream()
                .filter(entry -> entry.path("name").asString().equals(model))
                .map(entry -> entry.path("message").asString())
                .findFirst()
                .orElse("");
    }

    /// Models under another name than the platform's own.
    private Path twin() throws Exception {
        Path twin = Files.createDirectory(folder.resolve(TWIN));
        try (Stream<Path> files = Files.list(Fixtures.dipperMini())) {
            for (Path file : files.toList()) {
                Files.createSymbolicLink(twin.resolve(file.getFileName()), file);
            }
        }
        return twin;
    }

    /// Loses the device when a stream has begun; the code of the error that the stream ends with.
    private String lastEvent(int port, String key, String model) throws Exception {
        HttpResponse<Stream<String>> stream = http.send(request(port, key, model, 1900), BodyHandlers.ofLines());
        assertThat(stream.statusCode()).isEqualTo(200);
        var lines = stream.body().filter(line -> line.startsWith("data: {")).iterator();
        String last = lines.next();
        LosingRunners.trigger(home);
        while (lines.hasNext()) {
            last = lines.next();
        }
        JsonNode event = JsonMapper.shared().readTree(last.substring(6));
        return event.at("/error/code").asString(last);
    }

    private void awaitAnswers(int port, String key, String model) throws Exception {
        while (status(port, key, model) != 200) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /// Of a short answer.
    private int status(int port, String key, String model) throws Exception {
        return http.send(request(port, key, model, 0), BodyHandlers.ofString()).statusCode();
    }

    /// @param streamed tokens of a stream; 0 for a short answer in one piece
    private static HttpRequest request(int port, String key, String model, int streamed) {
        String body = """
                {"model": "%s", "stream": %s, "ignore_eos": true, "max_tokens": %d,
                 "messages": [{"role": "user", "content": "Tell me a story."}]}""".formatted(model, streamed > 0, Math.max(2, streamed));
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }
}
