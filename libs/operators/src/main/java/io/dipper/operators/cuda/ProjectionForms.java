package io.dipper.operators.cuda;

import io.dipper.operators.linear.ProjectionCall;
import java.util.stream.IntStream;

/// Which kernels a projection takes, by its sizes alone, so that a node knows what its neighbour takes.
final class ProjectionForms {
    private static final int TILE = 8;

    /// Weights of one row's product that tiles take: their blocks leave room for the next kernel's.
    private static final long SHORT_BYTES = 16L << 20;

    /// From more than sixteen rows on, larger products are cuBLAS's.
    private static final long MOST_WEIGHT_BYTES = 40L << 20;

    private final SlicedShape.Ways slices;
    private final FewRows.Settings few;
    private final TiledRows.Settings tiled;
    private final int sharedBytes;

    ProjectionForms(CudaCard card) {
        this.slices = SlicedProduct.ways(card);
        this.few = FewRows.Settings.of(card);
        this.tiled = TiledRows.Settings.of(card);
        this.sharedBytes = card.usableSharedBytes();
    }

    enum Form {
        /// All weights are in shared memory before x is made.
        SLICED,
        /// Up to eight rows, rounded by every block for itself.
        TILED,
        /// One row and many weights, behind a deep ring.
        LONG_ROW,
        /// Rows that are bfloat16 in memory.
        ROUNDED,
        /// cuBLAS.
        MANY;

        /// Whether x that is not normed here is taken as bfloat16, where whoever makes it can write that.
        boolean takesRounded() {
            return this == LONG_ROW || this == ROUNDED || this == MANY;
        }
    }

    Form of(ProjectionCall call) {
        int[] n = call.parts().stream().mapToInt(ProjectionCall.Part::n).toArray();
        return of(call.rows(), call.k(), n, call.norm() != 0);
    }

    /// Whether x of a product without a norm and with `n` weight rows, of one weight, is taken as bfloat16.
    boolean takesRounded(int rows, int k, int n) {
        return of(rows, k, new int[] {n}, false).takesRounded();
    }

    private Form of(int rows, int k, int[] n, boolean normed) {
        if (k % TILE != 0) {
            return Form.MANY;
        }
        int tiles = IntStream.of(n).map(of -> Math.ceilDiv(of, 2 * TILE)).sum();
        if (SlicedShape.of(slices, tiles, k, rows, normed).isPresent()) {
            return Form.SLICED;
        }
        long bytes = (long) Short.BYTES * k * IntStream.of(n).sum();
        boolean oneRow = rows == 1 && FewRows.oneRowBytes(few, k) <= sharedBytes;
        if (oneRow && bytes > SHORT_BYTES) {
            return Form.LONG_ROW;
        }
        if (TiledRows.holds(tiled, rows, k)) {
            return Form.TILED;
        }
        if (oneRow) {
            return Form.LONG_ROW;
        }
        int most = bytes <= MOST_WEIGHT_BYTES ? FewRows.MOST_ROWS : 2 * TILE;
        return rows > 1 && rows <= most ? Form.ROUNDED : Form.MANY;
    }
}
