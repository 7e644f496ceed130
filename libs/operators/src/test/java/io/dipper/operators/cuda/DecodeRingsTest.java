package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.operators.attention.AttentionShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecodeRingsTest {
    /// Of a block: compute capability 9.0, 8.0, and 8.6 and 8.9.
    private static final int SERVER = 227 << 10;

    private static final int OLDER_SERVER = 163 << 10;
    private static final int WORKSTATION = 99 << 10;

    @ParameterizedTest
    @CsvSource({
        "64, 4, 8, 2",
        "64, 8, 8, 2",
        "64, 10, 8, 2",
        "64, 11, 4, 3",
        "64, 16, 4, 3",
        "96, 3, 4, 3",
        "128, 2, 4, 3",
        "128, 16, 4, 2",
        "192, 4, 4, 2",
        "256, 16, 4, 2"
    })
    void smallHeadsHaveMoreWarps(int headDim, int group, int warps, int stages) {
        assertThat(DecodeRings.of(shape(headDim, group), SERVER)).contains(new DecodeRings(warps, stages));
    }

    @ParameterizedTest
    @CsvSource({"163, 64, 4, 3", "163, 128, 4, 2", "99, 64, 4, 2", "99, 128, 4, 2"})
    void cardsWithLessHaveFewerOrShorterRings(int kibibytes, int headDim, int warps, int stages) {
        assertThat(DecodeRings.of(shape(headDim, 4), kibibytes << 10)).contains(new DecodeRings(warps, stages));
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 64, 96, 128})
    void whatIsChosenFitsWithWhatTheKernelDeclares(int headDim) {
        for (int most : new int[] {SERVER, OLDER_SERVER, WORKSTATION}) {
            for (int group : new int[] {1, 4, 8, 12, 16, 48}) {
                AttentionShape shape = shape(headDim, group);
                DecodeRings rings = DecodeRings.of(shape, most).orElseThrow();
                assertThat(rings.bytes(shape) + DecodeRings.DECLARED_BYTES).isLessThanOrEqualTo(most);
            }
        }
    }

    /// Rows of 2 (32 + 48) bytes and 16 between them; queries of 2 · 32 and 16; a head of float32 a warp; sums of 48
    /// values
    /// and eight blocks' scales for four queries, and 32 more.
    @Test
    void bytesAreThoseOfKeysAndValuesOfTheirOwnSizes() {
        var shape = new AttentionShape(4, 1, 32, 48, 1f, 0, 0, 0f, 0f, 32, false, 16);
        assertThat(new DecodeRings(8, 2).bytes(shape))
                .isEqualTo(8 * 2 * 16 * (160 + 16) + 8 * (64 + 16) + 8 * 128 + 4 * (4 * (48 + 16) + 32));
    }

    @Test
    void largeHeadsAreForOthersWhereABlockHasNoRoom() {
        assertThat(DecodeRings.of(shape(256, 4), WORKSTATION)).isEmpty();
    }

    private static AttentionShape shape(int headDim, int group) {
        return new AttentionShape(group, 1, headDim, headDim, 1f, 0, 0, 0f, 0f, headDim, false, 16);
    }
}
