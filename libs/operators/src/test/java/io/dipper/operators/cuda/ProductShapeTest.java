package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.operators.cuda.ProductShape.Work;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProductShapeTest {
    private static final int WARPS = 16;
    private static final int MULTIPROCESSORS = 132;

    /// Weight rows and columns of products that models have, in chunks of 256 columns.
    @ParameterizedTest
    @CsvSource({
        "4096, 1024",
        "1024, 2048",
        "1024, 3072",
        "3072, 2048",
        "2048, 2048",
        "2048, 8192",
        "6144, 4096",
        "4096, 4096",
        "4096, 12288",
        "151936, 1024",
        "5120, 5120",
        "896, 4864"
    })
    void theBusiestWarpHasLittleMoreThanTheOthers(int rows, int columns) {
        var work = new Work(new int[] {rows}, Math.ceilDiv(columns, 256), WARPS, MULTIPROCESSORS);
        ProductShape shape = ProductShape.of(work, 2);
        int warps = MULTIPROCESSORS * WARPS;
        double fair = (double) work.groups(2) * work.chunks() / warps;
        int rounds = Math.ceilDiv(work.groups(2), MULTIPROCESSORS * WARPS / shape.split());
        double busiest = rounds * (double) Math.ceilDiv(work.chunks(), shape.split());
        assertThat(fair / busiest).isGreaterThan(0.75);
        assertThat(shape.blocks()).isLessThanOrEqualTo(MULTIPROCESSORS);
    }

    @Test
    void everyGroupHasAWarpWhenThereAreFew() {
        ProductShape shape = ProductShape.of(new Work(new int[] {3, 1, 1}, 1, WARPS, MULTIPROCESSORS), 2);
        assertThat(shape.split()).isEqualTo(1);
        assertThat(shape.blocks() * WARPS).isGreaterThanOrEqualTo(4);
    }
}
