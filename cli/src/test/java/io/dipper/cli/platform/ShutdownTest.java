package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.dipper.cli.ExitCode;
import io.dipper.cli.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// How all that was started is stopped.
class ShutdownTest {
    private final StringWriter messages = new StringWriter();
    private final Shutdown shutdown = new Shutdown(new PrintWriter(messages, true));
    private final List<String> stopped = new ArrayList<>();

    @Test
    void whateverAStepThrowsTheOthersAreStoppedAndItIsTold() {
        shutdown.add("first", () -> stopped.add("first"));
        shutdown.add("second", () -> {
            throw new IOException("it hangs");
        });
        shutdown.add("third", () -> {
            throw new NoClassDefFoundError("io/dipper/Gone");
        });
        shutdown.add("fourth", () -> {
            throw new StackOverflowError();
        });
        shutdown.add("fifth", () -> stopped.add("fifth"));
        shutdown.stopAll();
        assertThat(stopped).containsExactly("fifth", "first");
        assertThat(messages.toString().lines())
                .containsExactly(
                        "dipper: stopping fourth failed: StackOverflowError",
                        "dipper: stopping third failed: NoClassDefFoundError: io/dipper/Gone",
                        "dipper: stopping second failed: it hangs");
    }

    @Test
    void whatFailsBecauseItIsStoppedIsNoFailure() {
        shutdown.add(
                "registry",
                () -> assertThat(shutdown.endOf(new IOException("the registry is gone")))
                        .isEqualTo(ExitCode.GOOD));
        shutdown.stopAll();
        assertThat(shutdown.exitCode()).isEqualTo(ExitCode.GOOD);
        assertThat(messages.toString()).isEmpty();
    }

    @Test
    void whatKeptItFromStartingIsItsExitCode() {
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> shutdown.endOf(new IOException("no such registry")))
                .withMessage("no such registry");
        shutdown.stopAll();
        assertThat(shutdown.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
    }
}
