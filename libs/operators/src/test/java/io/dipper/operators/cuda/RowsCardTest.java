package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is done row by row, in its CUDA form beside its Java form.
@Tag("card")
class RowsCardTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "3, 33", "64, 1024", "7, 4097"})
    void normsAreThoseOfTheJavaForm(int rows, int width) {
        try (CudaCard card = TestCard.open()) {
            float[] expected = norm(null, rows, width);
            float[] actual = norm(card, rows, width);
            assertThat(actual).containsExactly(expected, Offset.offset(1e-5f));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 8192", "3, 163", "2, 5", "40, 16384", "600, 64"})
    void gatesAreCutAsInTheJavaForm(int rows, int width) {
        try (CudaCard card = TestCard.open()) {
            assertThat(cut(card, rows, width)).containsExactly(cut(null, rows, width), Offset.offset(1e-5f));
        }
    }

    private static float[] cut(@Nullable CudaCard card, int rows, int width) {
        return new OneNode("GatedActivation", card)
                .with(Attribute.of("activation", "gelu_tanh"), Attribute.of("cut_deviations", 0.8f))
                .input(OneNode.random(1, rows * 2 * width), rows, 2L * width)
                .run(ElementType.F32);
    }

    private static float[] norm(@Nullable CudaCard card, int rows, int width) {
        return new OneNode("RmsNorm", card)
                .with(Attribute.of("epsilon", 1e-6f))
                .input(OneNode.random(1, rows * width), rows, width)
                .input(OneNode.random(2, width), width)
                .run(ElementType.F32);
    }
}
