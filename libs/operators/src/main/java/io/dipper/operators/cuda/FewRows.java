package io.dipper.operators.cuda;

import io.dipper.operators.cuda.ProductShape.Work;
import io.dipper.operators.linear.ProjectionCall;
import java.util.Optional;

/// Projections whose pace is that of the memory which their weights come from: one kernel, and one before it where the
/// rows of x are more than every block should round for itself.
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

    /// Of the weights of a row's short product.
    private static final long SHORT_BYTES = 16L << 20;

    /// From more than sixteen rows on, larger products are cuBLAS's.
    private static final long MOST_WEIGHT_BYTES = 40L << 20;

    /// What kernels have beside what they are given at their launch, at most.
    private static final int FIXED_SHARED_BYTES = 1024;

    /// How the kernels are compiled and launched.
    ///
    /// @param warps of a block
    /// @param shortStages of 1 KiB a warp that are in flight or being read, for a row's short products
    /// @param longStages the same for longer ones
    /// @param fewRowsStages the same for several rows; one or two less where more of x comes through them too
    /// @param blocks a multiprocessor at once
    /// @param mostStaged values of eight rows of x that every block rounds for itself
    record Settings(int warps, int shortStages, int longStages, int fewRowsStages, int blocks, int mostStaged) {
        static final Settings USUAL = new Settings(16, 5, 8, 5, 1, 32 << 10);

        /// For cards with less shared memory, down to 100 KiB a multiprocessor.
        static final Settings SMALL = new Settings(8, 5, 6, 4, 1, 16 << 10);

        String[] defines() {
            return new String[] {
                "WARPS=" + warps,
                "SHORT_STAGES=" + shortStages,
                "LONG_STAGES=" + longStages,
                "FEW_ROWS_STAGES=" + fewRowsStages
            };
        }
    }

    private final CudaCard card;
    private final Settings settings;
    private final CudaKernel norm;
    private final CudaKernel shortRow;
    private final CudaKernel longRow;
    private final CudaKernel staged;
    private final CudaKernel[] rounded;
    private final ProductArguments arguments = new ProductArguments();

    FewRows(CudaCard card) {
        this(card, card.mostSharedBytes() >= 200 << 10 ? Settings.USUAL : Settings.SMALL);
    }

    FewRows(CudaCard card, Settings settings) {
        this.card = card;
        this.settings = settings;
        this.norm = card.kernel("many_rows", "norm_rows");
        this.shortRow = kernel("short_row");
        this.longRow = kernel("long_row");
        this.staged = kernel("rows_8");
        this.rounded =
                new CudaKernel[] {kernel("rounded_rows_8"), kernel("rounded_rows_16"), kernel("rounded_rows_32")};
    }

    private CudaKernel kernel(String name) {
        return card.kernel("projection", name, settings.defines())
                .allowShared(card.mostSharedBytes() - FIXED_SHARED_BYTES)
                .preferShared();
    }

    /// Whether a projection is quicker here than by cuBLAS, as measured on an H100.
    boolean takes(ProjectionCall call) {
        if (call.k() % TILE != 0) {
            return false;
        }
        if (call.rows() == 1) {
            return oneRowBytes(call.k(), settings.longStages()) <= card.mostSharedBytes() - FIXED_SHARED_BYTES;
        }
        return call.rows() <= 2 * TILE || (call.rows() <= MOST_ROWS && weightBytes(call) <= MOST_WEIGHT_BYTES);
    }

    private static long weightBytes(ProjectionCall call) {
        return call.parts().stream()
                .mapToLong(part -> (long) BFLOAT16_BYTES * part.n() * call.k())
                .sum();
    }

    void project(ProjectionCall call, float epsilon, Optional<CudaGate> gate, long stream) {
        if (call.rows() == 1) {
            oneRow(call, epsilon, gate, stream);
            return;
        }
        int tiles = call.rows() <= TILE ? 1 : call.rows() <= 2 * TILE ? 2 : 4;
        if (tiles == 1 && TILE * call.k() <= settings.mostStaged()) {
            int bytes = sharedBytes(2, settings.fewRowsStages(), tiles)
                    + TILE * BFLOAT16_BYTES * (Math.ceilDiv(call.k(), 64) * 64 + 32);
            launch(staged, call, call.x(), true, epsilon, gate, bytes, stream);
        } else {
            long rows = card.scratch().take((long) BFLOAT16_BYTES * call.rows() * call.k());
            norm.with()
                    .address(call.x())
                    .address(call.norm())
                    .address(rows)
                    .integer(call.k())
                    .decimal(epsilon)
                    .launchEarly(call.rows(), 1, 1, NORM_BLOCK, 0, stream);
            int stages = settings.fewRowsStages() - tiles / 2;
            int bytes = sharedBytes(2 + tiles, stages, tiles);
            launch(rounded[tiles / 2], call, rows, false, epsilon, gate, bytes, stream);
        }
    }

    private void oneRow(ProjectionCall call, float epsilon, Optional<CudaGate> gate, long stream) {
        ProductShape shape = ProductShape.of(work(call, gate, CHUNK_OF_ONE), gate.isPresent() ? 1 : 2);
        boolean brief = weightBytes(call) <= SHORT_BYTES;
        int bytes = oneRowBytes(call.k(), brief ? settings.shortStages() : settings.longStages());
        (brief ? shortRow : longRow)
                .with()
                .structure(arguments.of(call, call.x(), true, epsilon, gate, shape, false))
                .launchEarly(shape.blocks(), 1, 1, threads(), bytes, stream);
    }

    private void launch(
            CudaKernel kernel,
            ProjectionCall call,
            long x,
            boolean normed,
            float epsilon,
            Optional<CudaGate> gate,
            int bytes,
            long stream) {
        Work work = work(call, gate, CHUNK_OF_FEW);
        ProductShape half = ProductShape.of(work, TILE);
        ProductShape whole = gate.isPresent() ? half : ProductShape.of(work, 2 * TILE);
        // A half tile's chunk is half a chunk of bytes, at more than half the work.
        boolean halves = gate.isEmpty() && half.cost(work) * 0.55 < whole.cost(work);
        ProductShape shape = halves ? half : whole;
        kernel.with()
                .structure(arguments.of(call, x, normed, epsilon, gate, shape, halves))
                .launchEarly(shape.blocks(), 1, 1, threads(), bytes, stream);
    }

    private Work work(ProjectionCall call, Optional<CudaGate> gate, int chunk) {
        int[] rows = call.parts().stream()
                .mapToInt(part -> gate.isPresent() ? part.n() / 2 : part.n())
                .toArray();
        return new Work(
                rows, Math.ceilDiv(call.k(), chunk), settings.warps(), settings.blocks() * card.multiprocessors());
    }

    private int threads() {
        return 32 * settings.warps();
    }

    private int oneRowBytes(int k, int stages) {
        return stages * 2 * threads() * COPY_BYTES + BFLOAT16_BYTES * Math.ceilDiv(k, CHUNK_OF_ONE) * CHUNK_OF_ONE;
    }

    /// The ring and the sums of tiles that several warps share.
    private int sharedBytes(int copies, int stages, int tiles) {
        return threads() * (stages * copies * COPY_BYTES + tiles * TILE / 2 * Float.BYTES);
    }
}
