package io.dipper.operators.cuda;

import java.util.Optional;

/// How a short product is dealt to clusters of blocks, or to blocks alone: tiles of weight rows to clusters, columns to
/// their warps. A block alone counts as a cluster of one.
///
/// @param limits of the clusters
/// @param tiles of eight rows of x
/// @param chunks of columns that a warp has of each tile
/// @param clusters of the grid
/// @param most tiles of weight rows that a cluster has
/// @param bytes of shared memory: a block's columns of those tiles, and the sums that it puts together
record SlicedShape(Limits limits, int tiles, int chunks, int clusters, int most, int bytes) {
    static final int TILE = 8;
    static final int MOST_TILES = 2;

    /// Columns that two tensor cores' products take.
    private static final int CHUNK = 32;

    private static final int COPY_BYTES = 16;

    /// A warp has its columns of x in registers; of so many tiles' chunks at most.
    private static final int MOST_HELD = 8;

    /// The same for rows that are normed: then the norm's weights and another slice of x are in registers, too.
    private static final int MOST_NORMED = 4;

    /// Those that kernels are compiled for.
    static final int[] CHUNKS = {1, 2, 3, 4, 6};

    /// @param warps of a block
    /// @param cluster blocks that share tiles
    /// @param mostBytes of a block's shared memory
    record Limits(int multiprocessors, int warps, int cluster, int mostBytes) {
        int threads() {
            return 32 * warps;
        }
    }

    /// The ways that a card has; where it has no clusters they are the same.
    record Ways(Limits alone, Limits clustered) {
        /// Blocks alone are done sooner, for they have nothing to send each other, if there is a tile for
        /// nearly every one of them. But each reads whole rows of x, which counts where there are several;
        /// those that are normed are read whole by all anyway.
        private boolean prefersAlone(int weightTiles, int rows, boolean normed) {
            return (rows == 1 || normed) && 8 * weightTiles >= 7 * alone.multiprocessors();
        }
    }

    /// None if a block cannot hold its weights at once.
    ///
    /// @param weightTiles tiles of weight rows, of all weights
    /// @param k columns
    /// @param rows of x
    /// @param normed whether x is normed first
    static Optional<SlicedShape> of(Ways ways, int weightTiles, int k, int rows, boolean normed) {
        Optional<SlicedShape> alone = ways.prefersAlone(weightTiles, rows, normed)
                ? of(ways.alone(), weightTiles, k, rows, normed)
                : Optional.empty();
        return alone.or(() -> of(ways.clustered(), weightTiles, k, rows, normed));
    }

    private static Optional<SlicedShape> of(Limits limits, int weightTiles, int k, int rows, boolean normed) {
        int tiles = Math.ceilDiv(rows, TILE);
        int wanted = Math.ceilDiv(k, CHUNK * limits.warps() * limits.cluster());
        int chunks = atLeast(wanted);
        if (k % TILE != 0 || tiles > MOST_TILES || chunks == 0 || !holds(tiles, chunks, normed)) {
            return Optional.empty();
        }
        // Also those without a tile: an empty multiprocessor would take two blocks of the next kernel.
        int clusters = limits.multiprocessors() / limits.cluster();
        int most = Math.ceilDiv(weightTiles, clusters);
        long weights = 2L * COPY_BYTES * chunks * limits.threads() * most;
        long sums = (long) COPY_BYTES * tiles * limits.threads() * most;
        long bytes = weights + sums;
        return bytes > limits.mostBytes()
                ? Optional.empty()
                : Optional.of(new SlicedShape(limits, tiles, chunks, clusters, most, (int) bytes));
    }

    static boolean holds(int tiles, int chunks, boolean normed) {
        return normed ? tiles == 1 && chunks <= MOST_NORMED : tiles * chunks <= MOST_HELD;
    }

    /// 0 if none is.
    private static int atLeast(int wanted) {
        for (int chunks : CHUNKS) {
            if (chunks >= wanted) {
                return chunks;
            }
        }
        return 0;
    }
}
