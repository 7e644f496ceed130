package io.dipper.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.DeviceLostException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// What was thrown, as a line and an exit code.
class FailureTest {
    static Stream<Arguments> errors() {
        return Stream.of(
                Arguments.of(new OutOfMemoryError("Java heap space"), "OutOfMemoryError: Java heap space"),
                Arguments.of(new UnsatisfiedLinkError("no x in path"), "UnsatisfiedLinkError: no x in path"),
                Arguments.of(new StackOverflowError(), "StackOverflowError"),
                Arguments.of(
                        new ExceptionInInitializerError(new IllegalStateException("no tables")),
                        "ExceptionInInitializerError: no tables"),
                Arguments.of(
                        new ExecutionException(new NoClassDefFoundError("org/x/Y")), "NoClassDefFoundError: org/x/Y"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void anErrorIsALineAndAnExitCodeThatIsNoAnswer(Throwable thrown, String line) {
        Failure failure = Failure.of(thrown);
        assertThat(failure.line()).isEqualTo(line);
        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAULT);
        assertThat(failure.needsStack()).isFalse();
    }

    @Test
    void aFailedAssertionIsAFaultWithItsStack() {
        Failure failure = Failure.of(new AssertionError("cannot be"));
        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAULT);
        assertThat(failure.needsStack()).isTrue();
    }

    @Test
    void aLostCardIsNoBadInput() {
        Failure failure = Failure.of(new DeviceLostException("cuda:0", "card 0 is lost", null));
        assertThat(failure.line()).isEqualTo("card 0 is lost");
        assertThat(failure.exitCode()).isEqualTo(ExitCode.DEVICE_LOST);
        assertThat(failure.needsStack()).isFalse();
    }

    @Test
    void aCommandThatEndsInAnErrorSaysSoInOneLine() {
        var out = new StringWriter();
        var err = new StringWriter();
        int code = Main.run(new CommandLine(new Endless()), new PrintWriter(out), new PrintWriter(err));
        assertThat(code).isEqualTo(ExitCode.FAULT);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).isEqualToIgnoringNewLines("dipper: OutOfMemoryError: Java heap space");
    }

    @Command(name = "endless")
    static final class Endless implements Callable<Integer> {
        @Override
        public Integer call() {
            throw new OutOfMemoryError("Java heap space");
        }
    }
}
