package io.dipper.engineort.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What the benchmarks that run on an export are asked for.
class NamedArgumentsTest {
    @Test
    void whatIsNotNamedHasItsDefault() {
        var options = DecodeOptions.of(new String[] {"exports/one", "--config", "c.json", "--batches", "1,4"});
        assertThat(options.name()).isEqualTo("one");
        assertThat(options.config()).isEqualTo(Path.of("c.json"));
        assertThat(options.batches()).containsExactly(1, 4);
        assertThat(options.prompts()).containsExactly(2048);
        assertThat(options.kvBytes()).isEqualTo(12_000_000_000L);
        assertThat(options.load()).isEmpty();
        assertThat(options.cold()).isFalse();
        assertThat(options.sequences()).isEqualTo(4);
    }

    @Test
    void whatIsNamedIsTaken() {
        var options = TraceOptions.of(new String[] {
            "one",
            "--name",
            "another",
            "--prompts",
            "",
            "--host",
            "true",
            "--steps",
            "7",
            "--kv-bytes",
            "5",
            "--json",
            "x"
        });
        assertThat(options.name()).isEqualTo("another");
        assertThat(options.prompts()).isEmpty();
        assertThat(options.host()).isTrue();
        assertThat(options.steps()).isEqualTo(7);
        assertThat(options.kvBytes()).isEqualTo(5);
        assertThat(options.json()).isEqualTo(Optional.of(Path.of("x")));
    }

    @Test
    void whatIsMissingOrUnknownIsAnsweredWithTheUsage() {
        refused(DecodeOptions.USAGE);
        refused(DecodeOptions.USAGE, "one");
        refused(DecodeOptions.USAGE, "one", "--config");
        refused("unknown: [--stepz]\n" + DecodeOptions.USAGE, "one", "--config", "c.json", "--stepz", "7");
    }

    private static void refused(String message, String... arguments) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DecodeOptions.of(arguments))
                .withMessage(message);
    }
}
