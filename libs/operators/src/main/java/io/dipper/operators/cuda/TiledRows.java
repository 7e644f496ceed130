package io.dipper.operators.cuda;

import io.dipper.operators.cuda.ProductShape.Work;
import io.dipper.operators.linear.ProjectionCall;

/// Projections of up to eight rows whose pace is that of the memory which their weights come from.
final class TiledRows {
    private static final int MOST_ROWS = 8;
    private static final int WARPS = 8;
    private static final int TILE = 8;

    /// Columns of sixteen weight rows that a warp copies at a time.
    private static final int CHUNK = 128;

    private static final int STAGE_BYTES = 2 * TILE * CHUNK * Short.BYTES;
    private static final int SUM_BYTES = 2 * WARPS * 2 * TILE * TILE * Float.BYTES;

    /// Beside the columns, so that rows of x meet different banks.
    private static final int APART = 32;

    /// A tile of eight rows has as many sums to put together as one of sixteen.
    private static final double HALF_COST = 1.03;

    /// How the kernels are compiled.
    ///
    /// @param rowStages of 4 KiB a warp that are in flight, for one row of x
    /// @param rowsStages the same for several
    /// @param mostBytes of a block's shared memory; leaves room for a block of attention before or behind
    record Settings(int rowStages, int rowsStages, int mostBytes) {
        static Settings of(CudaCard card) {
            return card.hasLargeBlocks() ? new Settings(4, 3, 170 << 10) : new Settings(2, 2, 96 << 10);
        }

        int stages(int rows) {
            return rows == 1 ? rowStages : rowsStages;
        }
    }

    private final CudaCard card;
    private final Settings settings;
    private final CudaKernel row;
    private final CudaKernel rows;
    private final ProductArguments arguments = new ProductArguments();

    TiledRows(CudaCard card) {
        this.card = card;
        this.settings = Settings.of(card);
        this.row = kernel(settings.rowStages(), 4);
        this.rows = kernel(settings.rowsStages(), 16);
    }

    private CudaKernel kernel(int stages, int held) {
        return card.kernel("tiled", "tiled_rows", "WARPS=" + WARPS, "STAGES=" + stages, "HELD=" + held)
                .allowShared(card.usableSharedBytes())
                .preferShared();
    }

    static boolean holds(Settings settings, int rows, int k) {
        return rows <= MOST_ROWS && bytes(settings, rows, k) <= settings.mostBytes();
    }

    void project(ProjectionNode node, long stream) {
        ProjectionCall call = node.call();
        int[] n = node.columns();
        Work work = new Work(n, Math.ceilDiv(call.k(), CHUNK), WARPS, card.multiprocessors());
        Work halfWork = new Work(n, Math.ceilDiv(call.k(), 2 * CHUNK), WARPS, card.multiprocessors());
        ProductShape whole = ProductShape.of(work, node.isGated() ? TILE : 2 * TILE);
        ProductShape half = ProductShape.of(halfWork, TILE);
        boolean halves = !node.isGated() && half.cost(halfWork) * HALF_COST < whole.cost(work);
        ProductShape shape = halves ? half : whole;
        int bytes = Math.max(card.loneSharedBytes(), bytes(settings, call.rows(), call.k()));
        (call.rows() == 1 ? row : rows)
                .with()
                .structure(arguments.of(node, shape, halves))
                .launchEarly(shape.blocks(), 1, 1, 32 * WARPS, bytes, stream);
    }

    private static int bytes(Settings settings, int rows, int k) {
        int stride = Math.ceilDiv(k, 2 * CHUNK) * 2 * CHUNK + APART;
        return settings.stages(rows) * WARPS * STAGE_BYTES + SUM_BYTES + rows * Short.BYTES * stride;
    }
}
