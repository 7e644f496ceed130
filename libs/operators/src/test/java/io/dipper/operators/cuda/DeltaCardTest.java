package io.dipper.operators.cuda;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The gated delta rule in its CUDA form beside its Java form: what it says and the states that it leaves.
@Tag("card")
class DeltaCardTest {
    private static final int KERNEL = 4;

    private record Shape(int keyHeads, int valueHeads, int keyDim, int valueDim, int rows, int fresh, boolean begun) {
        int tokens() {
            return rows * fresh;
        }

        int channels() {
            return 2 * keyHeads * keyDim + valueHeads * valueDim;
        }

        int columns() {
            return channels() + valueHeads * valueDim;
        }

        int state() {
            return valueHeads * keyDim * valueDim + channels() * (KERNEL - 1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 8, 8, 1, 1, false",
        "2, 4, 16, 8, 3, 1, true",
        "2, 4, 24, 40, 2, 5, true",
        "2, 4, 128, 128, 1, 33, false",
        "16, 32, 128, 128, 1, 1, true",
        "4, 8, 128, 128, 8, 2, true",
        "2, 2, 64, 256, 2, 3, true",
        "3, 3, 20, 6, 2, 3, true"
    })
    void outputsAndStatesAreThoseOfTheJavaForm(
            int keyHeads, int valueHeads, int keyDim, int valueDim, int rows, int fresh, boolean begun) {
        var shape = new Shape(keyHeads, valueHeads, keyDim, valueDim, rows, fresh, begun);
        float[] expectedStates = OneNode.random(3, (rows + 1) * shape.state());
        float[] states = expectedStates.clone();
        float[] expected = delta(null, shape, expectedStates);
        try (CudaCard card = TestCard.open()) {
            float[] actual = delta(card, shape, states);
            Closeness.assertClose(states, expectedStates, 1e-4);
            Closeness.assertClose(actual, expected, 1e-4);
        }
    }

    private static float[] delta(@Nullable CudaCard card, Shape shape, float[] states) {
        int tokens = shape.tokens();
        int rows = shape.rows();
        int[] positions = new int[tokens];
        int[] starts = new int[rows + 1];
        int[] table = new int[rows];
        for (int row = 0; row < rows; row++) {
            starts[row + 1] = starts[row] + shape.fresh();
            table[row] = rows - row;
            for (int i = 0; i < shape.fresh(); i++) {
                positions[starts[row] + i] = (shape.begun() ? 9 : 0) + i;
            }
        }
        return new OneNode("GatedDelta", card)
                .with(
                        Attribute.of("key_heads", shape.keyHeads()),
                        Attribute.of("value_heads", shape.valueHeads()),
                        Attribute.of("key_dim", shape.keyDim()),
                        Attribute.of("value_dim", shape.valueDim()),
                        Attribute.of("kernel", KERNEL),
                        Attribute.of("norm_epsilon", 1e-6f))
                .input(OneNode.random(1, tokens * shape.columns()), tokens, shape.columns())
                .input(OneNode.random(2, tokens * 2 * shape.valueHeads()), tokens, 2L * shape.valueHeads())
                .input(states, rows + 1, shape.state())
                .input(positions, tokens)
                .input(starts, rows + 1)
                .input(table, rows, 1)
                .matrix(OneNode.roundedToBf16(OneNode.random(4, shape.channels() * KERNEL)), shape.channels(), KERNEL)
                .input(OneNode.random(5, shape.valueHeads()), shape.valueHeads())
                .input(OneNode.random(6, shape.valueHeads()), shape.valueHeads())
                .input(OneNode.random(7, shape.valueDim()), shape.valueDim())
                .run(ElementType.F32);
    }
}
