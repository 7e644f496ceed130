package io.dipper.operators.cuda;

import io.dipper.operators.cuda.ProductShape.Work;
import io.dipper.operators.linear.ProjectionCall;

/// Projections whose pace is that of the memory which their weights come from: one kernel, and one before it where
/// several rows of x are not rounded yet.
final class FewRows {
    /// Columns that a warp copies at a time.
    private static final int CHUNK_OF_ONE = 256;

    private static final int CHUNK_OF_FEW = 32;
    private static final int TILE = 8;
    private static final int COPY_BYTES = 16;
    private static final int BFLOAT16_BYTES = 2;
    private static final int NORM_BLOCK = 256;

    /// Beyond which nothing is done here.
    static final int MOST_ROWS = 32;

    /// How the kernels are compiled and launched.
    ///
    /// @param warps of a block
    /// @param longStages of 1 KiB a warp that are in flight, for one row
    /// @param roundedStages the same for several rows; one or two less where more of x comes through them too
    record Settings(int warps, int longStages, int roundedStages) {
        private static final Settings USUAL = new Settings(16, 9, 5);

        /// For cards with less shared memory, down to 100 KiB a multiprocessor.
        private static final Settings SMALL = new Settings(8, 6, 4);

        static Settings of(CudaCard card) {
            return card.hasLargeBlocks() ? USUAL : SMALL;
        }

        String[] defines() {
            return new String[] {"WARPS=" + warps, "LONG_STAGES=" + longStages, "ROUNDED_STAGES=" + roundedStages};
        }

        int threads() {
            return 32 * warps;
        }
    }

    private final CudaCard card;
    private final Settings settings;
    private final CudaKernel norm;
    private final CudaKernel longRow;
    private final CudaKernel[] rounded;
    private final ProductArguments arguments = new ProductArguments();

    FewRows(CudaCard card) {
        this.card = card;
        this.settings = Settings.of(card);
        this.norm = card.kernel("many_rows", "norm_rows");
        this.longRow = kernel("long_row");
        this.rounded =
                new CudaKernel[] {kernel("rounded_rows_8"), kernel("rounded_rows_16"), kernel("rounded_rows_32")};
    }

    private CudaKernel kernel(String name) {
        return card.kernel("projection", name, settings.defines())
                .allowShared(card.usableSharedBytes())
                .preferShared();
    }

    void oneRow(ProjectionNode node, long stream) {
        ProductShape shape = ProductShape.of(work(node, CHUNK_OF_ONE), node.isGated() ? 1 : 2);
        int bytes = oneRowBytes(settings, node.call().k());
        longRow.with()
                .structure(arguments.of(node, shape, false))
                .launchEarly(shape.blocks(), 1, 1, settings.threads(), bytes, stream);
    }

    void rounded(ProjectionNode node, long stream) {
        ProjectionCall call = node.call();
        int tiles = call.rows() <= TILE ? 1 : call.rows() <= 2 * TILE ? 2 : 4;
        long rows = node.narrowX() ? call.x() : rounding(node, stream);
        Work work = work(node, CHUNK_OF_FEW);
        ProductShape half = ProductShape.of(work, TILE);
        ProductShape whole = node.isGated() ? half : ProductShape.of(work, 2 * TILE);
        // A half tile's chunk is half a chunk of bytes, at more than half the work.
        boolean halves = !node.isGated() && half.cost(work) * 0.55 < whole.cost(work);
        ProductShape shape = halves ? half : whole;
        rounded[tiles / 2]
                .with()
                .structure(arguments.ofRounded(node, rows, shape, halves))
                .launchEarly(shape.blocks(), 1, 1, settings.threads(), roundedBytes(tiles), stream);
    }

    /// The rows of x, normed, as bfloat16.
    private long rounding(ProjectionNode node, long stream) {
        ProjectionCall call = node.call();
        long rows = card.scratch().take((long) BFLOAT16_BYTES * call.rows() * call.k());
        norm.with()
                .address(call.x())
                .address(call.norm())
                .address(rows)
                .integer(call.k())
                .decimal(node.epsilon())
                .launchEarly(call.rows(), 1, 1, NORM_BLOCK, 0, stream);
        return rows;
    }

    private Work work(ProjectionNode node, int chunk) {
        return new Work(node.columns(), Math.ceilDiv(node.call().k(), chunk), settings.warps(), card.multiprocessors());
    }

    /// Of shared memory, for one row.
    static int oneRowBytes(Settings settings, int k) {
        return settings.longStages() * 2 * settings.threads() * COPY_BYTES
                + BFLOAT16_BYTES * Math.ceilDiv(k, CHUNK_OF_ONE) * CHUNK_OF_ONE;
    }

    /// The ring and the sums of tiles that several warps share.
    private int roundedBytes(int tiles) {
        int stages = settings.roundedStages() - tiles / 2;
        return settings.threads() * (stages * (2 + tiles) * COPY_BYTES + tiles * TILE / 2 * Float.BYTES);
    }
}
