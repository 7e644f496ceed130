package io.dipper.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.dipper.chat.template.TemplateException;
import io.dipper.engine.DeviceFullException;
import io.dipper.engine.DeviceLostException;
import io.dipper.operators.cuda.CudaException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.TypeMismatchException;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.core.convert.ConversionFailedException;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.core.env.StandardEnvironment;
import org.yaml.snakeyaml.error.YAMLException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import tools.jackson.core.exc.StreamReadException;

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

    static Stream<Arguments> faults() {
        return Stream.of(
                        new AssertionError("cannot be"),
                        new NullPointerException("x is null"),
                        new ClassCastException("a is no b"),
                        new IndexOutOfBoundsException("5 of 3"),
                        new IllegalStateException("a step that was not laid out"),
                        new IllegalArgumentException("expert 9 of 8"),
                        new UnsupportedOperationException("steps without a queue"),
                        new ArithmeticException("integer overflow"),
                        new ExecutionException(new NullPointerException("x is null")),
                        new BeanCreationException("bean", new NullPointerException("x is null")),
                        new BeanCreationException("bean", new IllegalStateException("cannot be")),
                        new RuntimeException("what nobody knows", new IllegalArgumentException("expert 9 of 8")))
                .map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void whatCannotBeIsAFaultOfOurOwnWithItsStack(Throwable thrown) {
        Failure failure = Failure.of(thrown);
        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAULT);
        assertThat(failure.needsStack()).isTrue();
        assertThat(failure.line()).startsWith("this is a fault of Dipper's own: java.lang.");
    }

    static Stream<Arguments> inputs() {
        var number = new NumberFormatException("For input string: \"abc\"");
        return Stream.of(
                Arguments.of(new NoSuchFileException("/a/b"), "no such file: /a/b"),
                Arguments.of(new UncheckedIOException(new AccessDeniedException("/a/b")), "no access to /a/b"),
                Arguments.of(
                        new IOException("not a tokenizer: a.json", new NullPointerException()),
                        "not a tokenizer: a.json"),
                Arguments.of(new ExecutionException(new IOException("cut off")), "cut off"),
                Arguments.of(new SQLException("password authentication failed"), "password authentication failed"),
                Arguments.of(new TemplateException(TemplateException.Kind.SYNTAX, "no end"), "no end"),
                Arguments.of(
                        new InvalidPathException("a\0b", "Nul character not allowed"),
                        "Nul character not allowed: a b"),
                Arguments.of(new YAMLException("no mapping"), "no mapping"),
                Arguments.of(new StreamReadException("no JSON"), "no JSON"),
                Arguments.of(
                        catchThrowable(() -> new Binder(new MapConfigurationPropertySource(Map.of("port", "abc")))
                                .bind("port", Integer.class)),
                        "For input string: \"abc\""),
                Arguments.of(
                        new TypeMismatchException("x", int.class, new IllegalStateException("no number")), "no number"),
                Arguments.of(
                        catchThrowable(() -> new StandardEnvironment().resolveRequiredPlaceholders("${no.such}")),
                        "Could not resolve placeholder 'no.such' in value \"${no.such}\""),
                Arguments.of(new DeviceFullException("no room", null), "no room"),
                Arguments.of(new InterruptedException("stopped"), "stopped"),
                Arguments.of(
                        new BeanCreationException("bean", new IllegalArgumentException("url must begin with http://")),
                        "url must begin with http://"),
                Arguments.of(
                        new ConversionFailedException(
                                TypeDescriptor.valueOf(String.class), TypeDescriptor.valueOf(int.class), "abc", number),
                        "For input string: \"abc\""),
                Arguments.of(new CudaException("the NVIDIA driver is missing"), "the NVIDIA driver is missing"));
    }

    @ParameterizedTest
    @MethodSource("inputs")
    void whatACommandWasGivenIsBadInputInOneLine(Throwable thrown, String line) {
        Failure failure = Failure.of(thrown);
        assertThat(failure.line()).isEqualTo(line);
        assertThat(failure.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(failure.needsStack()).isFalse();
    }

    @Test
    void aReasonThatIsToldAlreadyStaysThat() {
        Failure told = Failure.badInput("--port is taken");
        assertThat(Failure.of(new ExecutionException(told))).isSameAs(told);
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
