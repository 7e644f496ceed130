package io.dipper.operators.cuda;

import io.dipper.operators.linear.ProjectionCall;
import java.util.stream.IntStream;

/// Which kernels a projection takes, by its sizes alone, so that a node knows what its neighbour takes.
final class ProjectionForms {
    private static final int TILE = 8;

    /// From more than sixteen rows on, larger products are cuBLAS's.
    private static final long MOST_WEIGHT_BYTES = 40L << 20;

    private final SlicedShape.Limits slices;
    private final FewRows.Settings few;
    private final TiledRows.Settings tiled;
    private final int sharedBytes;

    ProjectionForms(CudaCard card) {
        this.slices = SlicedProduct.limits(card);
        this.few = FewRows.Settings.of(card);
        this.tiled = TiledRows.Settings.of(card);
        this.sharedBytes = card.usableSharedBytes();
    }

    enum Form {
        /// All weights are in shared memory before x is made.
        SLICED,
        /// One row, rounded by every block for itself.
        ONE_ROW,
        /// The same with up to eight.
        TILED,
        /// Rows that are bfloat16 in memory.
        ROUNDED,
        /// cuBLAS.
        MANY;

        /// Whether x is taken as bfloat16, which another kernel makes unless whoever made x did.
        boolean takesRounded() {
            return this == ROUNDED || this == MANY;
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
        if (!normed && SlicedShape.of(slices, tiles, k, rows).isPresent()) {
            return Form.SLICED;
        }
        if (rows == 1 && FewRows.holdsRow(few, k, sharedBytes)) {
            return Form.ONE_ROW;
        }
        if (TiledRows.holds(tiled, rows, k)) {
            return Form.TILED;
        }
        long bytes = (long) Short.BYTES * k * IntStream.of(n).sum();
        int most = bytes <= MOST_WEIGHT_BYTES ? FewRows.MOST_ROWS : 2 * TILE;
        return rows > 1 && rows <= most ? Form.ROUNDED : Form.MANY;
    }
}
