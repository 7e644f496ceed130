package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.cli.online.Platform;
import io.dipper.servicesupport.home.DipperHome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `up` as a process of its own: what scripts see of it.
@Timeout(300)
class UpProcessTest {
    @TempDir
    Path folder;

    @Test
    void aSecondStartFindsKeyAndModelsAndImportsNothing() throws Exception {
        var home = new DipperHome(folder.resolve("home"));
        int port = RunningPlatform.freePorts();
        itPrintsOneLineFinishesWhatIsInFlightAndExitsWithZero(home, port);
        String key = Files.readString(home.adminKey()).strip();
        Process up = start(home, port);
        try (BufferedReader out = up.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).startsWith("ready ");
            assertThat(Files.readString(home.adminKey()).strip()).isEqualTo(key);
            var platform = new Platform(URI.create("http://127.0.0.1:" + port), key);
            assertThat(platform.get("/api/registry/models").path("data")).hasSize(1);
            assertThat(platform.get("/api/registry/imports")
                            .at("/data/0/message")
                            .asString())
                    .isEqualTo("was there already");
        } finally {
            up.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--inference-apart", "--no-inference-apart"})
    void oneThatIsStoppedWhileItsInferenceStartsLeavesNothing(String where) throws Exception {
        var home = new DipperHome(folder.resolve("home"));
        int port = RunningPlatform.freePorts();
        Path served = home.root().resolve("served-" + (port + 1) + ".json");
        Process up = start(home, port, where, "--model", "none");
        try {
            while (!Files.exists(served)) {
                assertThat(up.isAlive()).as(() -> read(folder.resolve("err"))).isTrue();
                TimeUnit.MILLISECONDS.sleep(1);
            }
            List<ProcessHandle> children = up.descendants().toList();
            up.toHandle().destroy();
            assertThat(up.waitFor()).isZero();
            assertThat(children).isNotEmpty().noneMatch(ProcessHandle::isAlive);
            assertThat(Files.readAllLines(folder.resolve("err"))).noneMatch(line -> line.startsWith("dipper: "));
            assertThat(served).doesNotExist();
        } finally {
            up.descendants().forEach(ProcessHandle::destroyForcibly);
            up.destroyForcibly();
        }
    }

    /// Where it is when it is stopped: it unpacks PostgreSQL, makes its data, starts it.
    @ParameterizedTest
    @CsvSource({
        "up, '{.draft-*,binaries-*}/bin/postgres'",
        "up, .draft-*/base/1/*",
        "up, data-18/postmaster.pid",
        "serve registry, .draft-*/base/1/*",
        "serve gateway, data-18/postmaster.pid"
    })
    void oneThatIsStoppedWhilePostgresStartsLeavesNothingAndSaysNothing(String command, String pattern)
            throws Exception {
        var home = new DipperHome(folder.resolve("home"));
        List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
        arguments.addAll(List.of("--port", Integer.toString(RunningPlatform.freePorts())));
        arguments.addAll(List.of("--home", home.root().toString()));
        Process process = DipperProcess.of(arguments.toArray(String[]::new))
                .redirectError(folder.resolve("err").toFile())
                .start();
        try {
            while (!hasPostgresFile(home, pattern)) {
                assertThat(process.isAlive())
                        .as(() -> read(folder.resolve("err")))
                        .isTrue();
                TimeUnit.MILLISECONDS.sleep(1);
            }
            process.toHandle().destroy();
            assertThat(process.waitFor()).isZero();
            assertThat(ProcessHandle.allProcesses()
                            .filter(other -> other.info()
                                    .commandLine()
                                    .orElse("")
                                    .contains(home.postgres().toString())))
                    .isEmpty();
            assertThat(hasPostgresFile(home, ".draft-*")).isFalse();
            assertThat(Files.readAllLines(folder.resolve("err")))
                    .noneMatch(
                            line -> line.startsWith("dipper: ") || line.contains(" WARN ") || line.contains(" ERROR "));
        } finally {
            process.destroyForcibly();
        }
    }

    /// Whether there is a file of a pattern in PostgreSQL's part of the home.
    private static boolean hasPostgresFile(DipperHome home, String pattern) {
        var matcher = FileSystems.getDefault().getPathMatcher("glob:" + home.postgres() + "/" + pattern);
        try (Stream<Path> paths = Files.walk(home.postgres(), 4)) {
            return paths.anyMatch(matcher::matches);
        } catch (IOException | UncheckedIOException _) {
            // Not there yet, or renamed just now.
            return false;
        }
    }

    private void itPrintsOneLineFinishesWhatIsInFlightAndExitsWithZero(DipperHome home, int port) throws Exception {
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

    private Process start(DipperHome home, int port, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "up", "--port", Integer.toString(port), "--home", home.root().toString()));
        arguments.addAll(List.of(more));
        return DipperProcess.of(arguments.toArray(String[]::new))
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
        } catch (IOException e) {
            return e.toString();
        }
    }
}
