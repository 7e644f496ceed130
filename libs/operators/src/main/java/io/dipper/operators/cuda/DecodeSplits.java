package io.dipper.operators.cuda;

import io.dipper.operators.attention.AttentionShape;

/// Into how many splits a row's context is cut when one token is decoded. The count holds for all
/// rows; a row whose context is worth fewer uses fewer.
///
/// @param cluster how many of them put their sums together in shared memory
/// @param leastSixteens how many times 16 tokens a split has at least
record DecodeSplits(int count, int cluster, int leastSixteens) {
    /// As the kernel has them.
    static final int MOST_CLUSTER = 8;

    static final int MOST_MEMBERS = 16;

    private static final int MOST = 64;

    /// Of a multiprocessor. One keeps its memory requests coming, and leaves room for the next kernel's.
    private static final int BLOCKS = 1;

    /// Beyond that, long contexts among short ones are cut while there are no more blocks than these.
    private static final int MOST_BLOCKS = 8;

    private static final int LONG_SPLIT = 2048;

    /// 16 tokens for each of four warps.
    private static final int SHORTEST_SPLIT = 64;

    /// @param width logical blocks of a row of the table
    static DecodeSplits of(AttentionShape shape, CudaCard card, int rows, int width) {
        int pairs = pairs(shape, rows);
        if (pairs * MOST_CLUSTER > CudaCard.TICKETS) {
            return new DecodeSplits(1, 1, 1);
        }
        int longest = width * shape.blockTokens();
        if (shape.window() > 0) {
            longest = Math.min(longest, shape.window());
        }
        if (shape.chunk() > 0) {
            longest = Math.min(longest, shape.chunk());
        }
        int most = Math.min(MOST, Math.ceilDiv(longest, SHORTEST_SPLIT));
        int filling = BLOCKS * card.multiprocessors() / pairs;
        if (filling > 1) {
            int count = Integer.highestOneBit(Math.min(filling, most));
            int cluster = card.hasClusters() ? Math.min(count, MOST_CLUSTER) : 1;
            return new DecodeSplits(count, cluster, SHORTEST_SPLIT / 16);
        }
        int cutting = Math.min(Math.ceilDiv(longest, LONG_SPLIT), MOST_BLOCKS * card.multiprocessors() / pairs);
        return new DecodeSplits(Math.clamp(cutting, 1, most), 1, LONG_SPLIT / 32);
    }

    private static int pairs(AttentionShape shape, int rows) {
        return rows * shape.kvHeads() * Math.ceilDiv(shape.group(), MOST_MEMBERS);
    }

    /// Room for what clusters put together through memory.
    long partialBytes(AttentionShape shape, int rows) {
        int members = Math.min(shape.group(), MOST_MEMBERS);
        long kept = (long) members * (shape.valueDim() + 2 * MOST_CLUSTER);
        return (long) Float.BYTES * pairs(shape, rows) * (count / cluster) * kept;
    }
}
