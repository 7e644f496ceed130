package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.dipper.cli.Failure;
import io.dipper.inference.host.ServedFile;
import io.dipper.servicesupport.home.DipperHome;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What `up` makes of a process that ends before it takes requests.
@Timeout(60)
class InferenceProcessTest {
    private static final long POLL_MILLIS = 10;

    @TempDir
    Path home;

    private final StringWriter messages = new StringWriter();

    @ParameterizedTest
    @CsvSource({"1, 70", "2, 2", "3, 70", "70, 70", "100, 70"})
    void itsExitCodeIsOneOfTheCommands(String code, int told) {
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> start(RunningPlatform.freePorts(), "exit " + code))
                .withMessageContaining("exit code " + code)
                .satisfies(failure -> assertThat(failure.exitCode()).isEqualTo(told));
    }

    @ParameterizedTest
    @CsvSource({"kill -ABRT $$, 134", "kill -TERM $$, 143", "exit 0, 0", "exit 75, 75"})
    void oneThatASignalEndedIsStartedAnewAndLeavesNothingWhenItIsStoppedWhileDown(String script, int code)
            throws Exception {
        int port = RunningPlatform.freePorts();
        Path served = Files.writeString(home.resolve("served-" + port + ".json"), "[]");
        var started = new FutureTask<>(() -> start(port, script));
        Thread.ofVirtual().start(started);
        awaitMessage("exit code " + code);
        assertThat(started.isDone()).isFalse();
        try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            InferenceProcess process = started.get();
            assertThat(served).exists();
            process.close();
            assertThat(served).doesNotExist();
        }
    }

    @Test
    void pausesGrowWhileItNeverGetsFarEnough() throws Exception {
        InferenceProcess process = process(RunningPlatform.freePorts(), "exit 0");
        var started = new FutureTask<>(() -> {
            process.start();
            return null;
        });
        Thread.ofVirtual().start(started);
        awaitMessage("anew in 2000 ms");
        process.close();
        started.get();
        assertThat(messages.toString().lines().map(line -> line.replaceAll(".*anew in ", "")))
                .startsWith("500 ms", "1000 ms", "2000 ms");
    }

    @Test
    void oneThatEndsByItselfAfterASignalEndsTheStart() {
        String script = "if [ -e signalled ]; then exit 2; fi; touch signalled; kill -TERM $$";
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> start(RunningPlatform.freePorts(), script))
                .satisfies(failure -> assertThat(failure.exitCode()).isEqualTo(2));
    }

    private void awaitMessage(String part) throws InterruptedException {
        while (!messages.toString().contains(part)) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    @Test
    void oneThatIsStoppedWhileItStartsEndsAndLeavesNothing() throws Exception {
        int port = RunningPlatform.freePorts();
        Path pid = home.resolve("pid");
        Path served = Files.writeString(home.resolve("served-" + port + ".json"), "[]");
        InferenceProcess process = process(port, "trap 'exit 0' TERM; echo $$ > pid; while true; do sleep 0.01; done");
        var started = new FutureTask<>(() -> {
            process.start();
            return null;
        });
        Thread.ofVirtual().start(started);
        while (!Files.exists(pid) || Files.size(pid) == 0) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        process.close();
        assertThat(ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())))
                .isEmpty();
        assertThat(served).doesNotExist();
        started.get();
        assertThat(messages.toString()).isEmpty();
    }

    @Test
    void oneThatIsStoppedBeforeItsStartDoesNotStart() throws Exception {
        int port = RunningPlatform.freePorts();
        Path served = Files.writeString(home.resolve("served-" + port + ".json"), "[]");
        InferenceProcess process = process(port, "touch started");
        process.close();
        process.start();
        assertThat(home.resolve("started")).doesNotExist();
        assertThat(served).as("for who takes it up").exists();
    }

    private InferenceProcess start(int port, String script) throws Exception {
        InferenceProcess process = process(port, script);
        process.start();
        return process;
    }

    private InferenceProcess process(int port, String script) {
        return new InferenceProcess(
                new ProcessBuilder("sh", "-c", script).directory(home.toFile()),
                port,
                ServedFile.of(new DipperHome(home), port),
                () -> false,
                new PrintWriter(messages, true));
    }
}
