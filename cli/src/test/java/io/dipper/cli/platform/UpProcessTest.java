package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import io.dipper.servicesupport.home.DipperHome;
import java.io.BufferedReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `up` as a process of its own: what scripts see of it.
@Timeout(300)
class UpProcessTest {
    @TempDir
    Path folder;

    @Test
    void itPrintsOneLineFinishesWhatIsInFlightAndExitsWithZero() throws Exception {
        var home = new DipperHome(folder.resolve("home"));
        int port = RunningPlatform.freePorts();
        Process up = start(home, port);
        try (BufferedReader out = up.inputReader(StandardCharsets.UTF_8)) {
            String ready = out.readLine();
            assertThat(ready)
                    .as(() -> "exit code " + (up.isAlive() ? "none" : up.exitValue()) + "\n"
                            + read(folder.resolve("err")))
                    .isEqualTo("ready http://127.0.0.1:" + port + " key-file " + home.adminKey());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.adminKey())))
                    .isEqualTo("rw-------");

            var answer = HttpClient.newHttpClient().send(request(home, port), BodyHandlers.ofLines());
            assertThat(answer.statusCode()).isEqualTo(200);
            up.toHandle().destroy();
            assertThat(answer.body().filter(line -> !line.isEmpty()).reduce((_, last) -> last))
                    .contains("data: [DONE]");

            assertThat(up.waitFor()).isZero();
            assertThat(out.readLine()).isNull();
        } finally {
            up.destroyForcibly();
        }
    }

    private Process start(DipperHome home, int port) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
        command.addAll(List.of(
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Ddipper.install=" + Fixtures.root(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "io.dipper.cli.Main",
                "up",
                "--port",
                Integer.toString(port),
                "--home",
                home.root().toString()));
        return new ProcessBuilder(command)
                .redirectError(folder.resolve("err").toFile())
                .start();
    }

    private static HttpRequest request(DipperHome home, int port) throws Exception {
        String body = """
                {"model": "dipper-mini", "stream": true, "ignore_eos": true, "max_tokens": 300,
                 "messages": [{"role": "user", "content": "Tell me a story."}]}""";
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .header(
                        "Authorization",
                        "Bearer " + Files.readString(home.adminKey()).strip())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }
}
