package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.operators.streams.StreamsCase;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The operators of several residual streams in their CUDA form beside their Java form: what they make is float32,
/// whatever the type of matrices.
@Tag("card")
class StreamsCardTest extends OnCard {
    @ParameterizedTest
    @CsvSource({
        "1, 4, 2048, 0, true",
        "1, 4, 2048, 0, false",
        "5, 3, 37, 1, true",
        "7, 3, 1030, 2, false",
        "2, 2, 5, 1, true",
        "33, 4, 4096, 3, true",
        "2048, 4, 64, 0, true"
    })
    void answerAsTheJavaForm(int tokens, int streams, int width, int active, boolean whole) {
        var of = new StreamsCase(tokens, streams, width, active, whole);
        assertSame(of.predict(card), of.predict(null));
        assertSame(of.correct(card), of.correct(null));
        assertSame(of.join(card), of.join(null));
        assertSame(of.gate(card), of.gate(null));
        assertSame(of.spread(card), of.spread(null));
        assertSame(of.mean(card), of.mean(null));
    }

    private static void assertSame(List<Object> actual, List<Object> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int output = 0; output < actual.size(); output++) {
            Closeness.assertClose((float[]) actual.get(output), (float[]) expected.get(output), 1e-6);
        }
    }
}
