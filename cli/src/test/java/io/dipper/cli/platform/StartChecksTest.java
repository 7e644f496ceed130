package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.dipper.cli.ExitCode;
import io.dipper.cli.Failure;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.HomeLock;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import picocli.CommandLine;

/// Starts that cannot be: told in one line by the option, before anything starts.
@Timeout(120)
class StartChecksTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"/dev/null", "/proc/x", "/proc/self/x/y"})
    void aHomeThatCannotBeWrittenIsNamed(String home) {
        refused(new UpCommand(), "--home", home, "--home", home);
        refused(new ServeCommand(), "--home", home, "gateway", "--home", home);
    }

    @Test
    void aHomeInUseIsNamed() {
        var home = new DipperHome(folder);
        try (HomeLock _ = HomeLock.acquire(home)) {
            refused(new UpCommand(), "--home", "in use", "--home", folder.toString());
        }
    }

    @Test
    void aTakenPortIsNamedWithItsService() throws Exception {
        int port = RunningPlatform.freePorts();
        try (var _ = new ServerSocket(port + 2, 1, InetAddress.getLoopbackAddress())) {
            String first = Integer.toString(port);
            String taken = Integer.toString(port + 2);
            refused(
                    new UpCommand(),
                    "--port",
                    taken + ", where registry",
                    "--home",
                    folder.toString(),
                    "--port",
                    first);
            refused(new ServeCommand(), "--port", taken, "gateway", "--home", folder.toString(), "--port", taken);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "65536"})
    void aPortThatIsNoneIsNamed(String port) {
        refused(new UpCommand(), "--port", port, "--home", folder.toString(), "--port", port);
        refused(new ServeCommand(), "--port", port, "gateway", "--home", folder.toString(), "--port", port);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../x y", "", " none", "a/b/c", "/nowhere/model", "a'b", "-x"})
    void aModelThatCannotBeIsNamed(String model) {
        refused(new UpCommand(), "--model", model, "--home", folder.toString(), "--model=" + model);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../x y", "a/b/c", "a'b"})
    void aServiceIsNotStartedForAModelThatCannotBe(String model) {
        Map<String, Object> properties = Map.of(
                "server.port",
                0,
                "dipper.model",
                model,
                "dipper.home",
                folder.toString(),
                "dipper.service-token",
                "a-token-for-this-test-only");
        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> Service.INFERENCE.start(properties).close())
                .satisfies(thrown -> assertThat(StartChecks.told(thrown))
                        .hasMessageContainingAll("dipper.model", "given: '" + model + "'")
                        .extracting(Failure::exitCode)
                        .isEqualTo(ExitCode.BAD_INPUT));
    }

    @Test
    void aPortTakenAfterTheChecksIsNamedToo() throws Exception {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Map<String, Object> properties = Map.of(
                    "server.port", socket.getLocalPort(),
                    "dipper.home", folder.toString(),
                    "dipper.service-token", "a-token-for-this-test-only");
            assertThatExceptionOfType(RuntimeException.class)
                    .isThrownBy(() -> Service.INFERENCE.start(properties).close())
                    .satisfies(thrown -> assertThat(StartChecks.told(thrown))
                            .isInstanceOf(Failure.class)
                            .hasMessageContainingAll("--port", Integer.toString(socket.getLocalPort())));
        }
    }

    /// A service finds out by itself whether it needs the home's database: the process tells it in one line
    /// all the same, and the details are in its log.
    @Test
    void aServiceThatNeedsAHomeInUseSaysSoInOneLine() throws Exception {
        String port = Integer.toString(RunningPlatform.freePorts());
        try (HomeLock _ = HomeLock.acquire(new DipperHome(folder))) {
            Path err = folder.resolve("err");
            Process serve = DipperProcess.of("serve", "registry", "--port", port, "--home", folder.toString())
                    .redirectError(err.toFile())
                    .start();
            assertThat(serve.getInputStream().readAllBytes()).isEmpty();
            assertThat(serve.waitFor()).isEqualTo(2);
            assertThat(Files.readAllLines(err))
                    .filteredOn(line -> !line.startsWith("WARNING: "))
                    .singleElement()
                    .asString()
                    .startsWith("dipper: --home " + folder)
                    .contains(Long.toString(ProcessHandle.current().pid()));
        }
        assertThat(Files.readString(folder.resolve("logs/registry.log"))).contains("in use");
    }

    /// An error is not a stack for people either.
    @Test
    void aServiceThatEndsInAnErrorSaysSoInOneLineAndItsExitCodeIsNoAnswer() throws Exception {
        Files.writeString(folder.resolve("registry.properties"), "spring.main.sources=" + OutOfMemory.class.getName());
        String port = Integer.toString(RunningPlatform.freePorts());
        Path err = folder.resolve("err");
        Process serve = DipperProcess.of("serve", "registry", "--port", port, "--home", folder.toString())
                .redirectError(err.toFile())
                .start();
        assertThat(serve.getInputStream().readAllBytes()).isEmpty();
        assertThat(serve.waitFor()).isEqualTo(ExitCode.FAULT);
        assertThat(Files.readAllLines(err))
                .filteredOn(line -> line.startsWith("dipper: ") || line.startsWith("\tat "))
                .containsExactly("dipper: OutOfMemoryError: no room, says a test");
    }

    @Configuration(proxyBeanMethods = false)
    static class OutOfMemory {
        @Bean
        Object large() {
            throw new OutOfMemoryError("no room, says a test");
        }
    }

    private static void refused(Callable<Integer> command, String option, String value, String... arguments) {
        new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(arguments);
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(command::call)
                .withMessageContainingAll(option, value)
                .satisfies(refused -> assertThat(refused.exitCode()).isEqualTo(ExitCode.BAD_INPUT))
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("\n"));
    }
}
