package io.dipper.operators.cuda;

import io.dipper.operators.attention.AttentionShape;

/// Into how many splits a row's context is cut when one token is decoded. The count holds for all
/// rows; a row whose context is worth fewer uses fewer.
///
/// @param leastSixteens how many times 16 tokens a split has at least
record DecodeSplits(int count, int leastSixteens) {
    /// As the kernel has them.
    private static final int MOST = 64;

    private static final int MOST_MEMBERS = 16;

    /// Blocks that keep a multiprocessor's memory requests coming.
    private static final int BLOCKS = 2;

    /// Beyond that, long contexts among short ones are cut while there are no more blocks than these.
    private static final int MOST_BLOCKS = 8;

    private static final int LONG_SPLIT = 2048;

    /// 16 tokens a warp.
    private static final int SHORTEST_SPLIT = 64;

    /// @param width logical blocks of a row of the table
    static DecodeSplits of(AttentionShape shape, int multiprocessors, int rows, int width) {
        int pairs = pairs(shape, rows);
        if (pairs > CudaCard.TICKETS) {
            return new DecodeSplits(1, 1);
        }
        int longest = width * shape.blockTokens();
        if (shape.window() > 0) {
            longest = Math.min(longest, shape.window());
        }
        if (shape.chunk() > 0) {
            longest = Math.min(longest, shape.chunk());
        }
        int filling = Integer.highestOneBit(Math.max(1, BLOCKS * multiprocessors / pairs));
        int cutting = Math.min(Math.ceilDiv(longest, LONG_SPLIT), MOST_BLOCKS * multiprocessors / pairs);
        int count = Math.min(Math.max(filling, cutting), Math.min(MOST, Math.ceilDiv(longest, SHORTEST_SPLIT)));
        int least = filling > 1 ? SHORTEST_SPLIT : LONG_SPLIT / 2;
        return new DecodeSplits(Math.max(1, count), least / 16);
    }

    private static int pairs(AttentionShape shape, int rows) {
        return rows * shape.kvHeads() * Math.ceilDiv(shape.group(), MOST_MEMBERS);
    }

    /// Room for the splits' sums, maxima and weights.
    long partialBytes(AttentionShape shape, int rows) {
        int members = Math.min(shape.group(), MOST_MEMBERS);
        return count == 1 ? 0 : (long) Float.BYTES * pairs(shape, rows) * count * members * (shape.valueDim() + 2);
    }
}
