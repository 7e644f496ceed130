package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

/// How near a card's answer, made with bfloat16 factors, is to the Java form's in float32.
final class Closeness {
    private Closeness() {}

    /// @param root most that the differences' root mean square may be of the expected values'; a single
    ///     difference may be ten times as large
    static void assertClose(float[] actual, float[] expected, double root) {
        assertThat(actual).hasSameSizeAs(expected);
        double squares = 0;
        double wrong = 0;
        double worst = 0;
        int where = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs((double) actual[i] - expected[i]);
            squares += (double) expected[i] * expected[i];
            wrong += difference * difference;
            if (!(difference <= worst)) {
                worst = difference;
                where = i;
            }
        }
        double size = Math.sqrt(squares / expected.length);
        String at = "at %d of %d: %s instead of %s".formatted(where, expected.length, actual[where], expected[where]);
        assertThat(worst / size).as("worst difference, %s", at).isLessThan(10 * root);
        assertThat(Math.sqrt(wrong / expected.length) / size)
                .as("differences, the worst %s", at)
                .isLessThan(root);
    }
}
