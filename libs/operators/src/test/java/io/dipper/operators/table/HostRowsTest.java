package io.dipper.operators.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.TestCard;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostRowsTest {
    @Test
    void idsThatTheTableLacksTakeItsFirstRow() {
        float[] rows = new OneNode("HostRows")
                .input(new int[] {2, 3, 0, -1, 1}, 5)
                .input(new float[] {1, 2, 3, 4, 5, 6}, 3, 2)
                .run(ElementType.F32);
        assertThat(rows).containsExactly(5, 6, 1, 2, 1, 2, 1, 2, 3, 4);
    }

    @Tag("card")
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 1024, 8960, 1032})
    void aCardReadsTheSameRows(int width) {
        try (CudaCard card = TestCard.open()) {
            assertThat(rows(card, width)).isEqualTo(rows(null, width));
        }
    }

    private static float[] rows(@Nullable CudaCard card, int width) {
        return new OneNode("HostRows", card)
                .input(new int[] {4, 5, 0, -7, 4, 1}, 6)
                .matrix(OneNode.roundedToBf16(OneNode.random(1, 5 * width)), 5, width)
                .run(ElementType.F32);
    }
}
