package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.operators.cuda.SlicedShape.Limits;
import io.dipper.operators.cuda.SlicedShape.Ways;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlicedShapeTest {
    private static final int CHUNK = 32;
    private static final Limits ALONE = new Limits(132, 16, 1, 152 << 10);
    private static final Limits CLUSTERED = new Limits(132, 8, 2, 152 << 10);
    private static final Ways LARGE_CARD = new Ways(ALONE, CLUSTERED);

    /// Weight rows, columns, rows of x, whether they are normed.
    @ParameterizedTest
    @CsvSource({
        "4096, 1024, 1, false",
        "1024, 2048, 8, false",
        "6144, 1024, 16, false",
        "1024, 3072, 8, false",
        "3072, 2048, 2, false",
        "3072, 2048, 8, true",
        "6144, 1024, 1, true",
        "16, 8, 1, false",
        "33, 1000, 16, false"
    })
    void everyColumnOfEveryTileHasAWarp(int n, int k, int rows, boolean normed) {
        int tiles = Math.ceilDiv(n, 16);
        SlicedShape shape = SlicedShape.of(LARGE_CARD, tiles, k, rows, normed).orElseThrow();
        assertThat(shape.clusters() * shape.most()).isGreaterThanOrEqualTo(tiles);
        Limits limits = shape.limits();
        assertThat(shape.clusters() * limits.cluster()).isLessThanOrEqualTo(limits.multiprocessors());
        assertThat(shape.chunks() * CHUNK * limits.warps() * limits.cluster()).isGreaterThanOrEqualTo(k);
        assertThat(shape.tiles() * 8).isGreaterThanOrEqualTo(rows);
        assertThat(shape.bytes()).isLessThanOrEqualTo(limits.mostBytes());
    }

    /// One row, or normed ones, with tiles for nearly all blocks; then too few tiles, several rows that are not normed,
    /// and more weights than blocks alone hold.
    @ParameterizedTest
    @CsvSource({
        "2048, 2048, 1, false, true",
        "3072, 2048, 1, true, true",
        "3072, 2048, 8, true, true",
        "1840, 2048, 1, false, false",
        "1856, 2048, 1, false, true",
        "2048, 2048, 8, false, false",
        "5280, 1536, 1, true, false"
    })
    void blocksAreAloneWhereThatIsSooner(int n, int k, int rows, boolean normed, boolean alone) {
        SlicedShape shape = SlicedShape.of(LARGE_CARD, n / 16, k, rows, normed).orElseThrow();
        assertThat(shape.limits()).isEqualTo(alone ? ALONE : CLUSTERED);
    }

    /// Too many weight rows, too many columns, no whole copies, too many rows of x, too much of x for a warp;
    /// then too many columns and too many rows to be normed here.
    @ParameterizedTest
    @CsvSource({
        "151936, 1024, 1, false",
        "4096, 4096, 1, false",
        "1024, 12288, 1, false",
        "64, 100, 1, false",
        "64, 64, 17, false",
        "1024, 3072, 9, false",
        "1024, 3072, 1, true",
        "1024, 1024, 9, true"
    })
    void whatABlockCannotHoldIsForOthers(int n, int k, int rows, boolean normed) {
        assertThat(SlicedShape.of(LARGE_CARD, Math.ceilDiv(n, 16), k, rows, normed))
                .isEmpty();
    }
}
