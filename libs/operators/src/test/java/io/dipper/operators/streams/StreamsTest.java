package io.dipper.operators.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The operators of several residual streams beside plain loops.
class StreamsTest {
    @ParameterizedTest
    @CsvSource({
        "1, 4, 64, 0, true",
        "1, 4, 64, 0, false",
        "5, 3, 37, 1, true",
        "5, 3, 37, 2, false",
        "2, 2, 5, 1, true",
        "33, 4, 256, 3, true",
        "3, 6, 1030, 0, true"
    })
    void answerAsTheirFormulasSay(int tokens, int streams, int width, int active, boolean whole) {
        var of = new StreamsCase(tokens, streams, width, active, whole);
        var plain = new PlainStreams(of);
        assertSame(of.predict(null), plain.predict());
        assertSame(of.correct(null), plain.correct());
        assertSame(of.join(null), plain.join());
        assertSame(of.gate(null), plain.gate());
        assertSame(of.spread(null), plain.spread());
        assertSame(of.mean(null), plain.mean());
    }

    private static void assertSame(List<Object> actual, double[][] expected) {
        assertThat(actual).hasSize(expected.length);
        for (int output = 0; output < expected.length; output++) {
            float[] values = (float[]) actual.get(output);
            assertThat(values).hasSize(expected[output].length);
            for (int i = 0; i < values.length; i++) {
                double limit = 3e-6 * Math.max(1, Math.abs(expected[output][i]));
                assertThat(Math.abs(values[i] - expected[output][i]))
                        .as("output %d, value %d: %s", output, i, values[i])
                        .isLessThan(limit);
            }
        }
    }
}
