package io.dipper.operators.cuda;

import io.dipper.operators.attention.AttentionShape;
import java.util.Optional;

/// Through what a block of decoding reads its split of a context: each of its warps has a ring of so many tiles of 16
/// tokens' keys and values.
record DecodeRings(int warps, int stages) {
    private static final int TILE = 16;

    /// Of shared memory, in the kernel itself, at most.
    static final int DECLARED_BYTES = 2048;

    /// Eight warps for small heads, where a block takes up to a third of a multiprocessor, so that there is
    /// room beside it for blocks of the product before or behind: a short split is done as soon as each warp
    /// has taken a tile. Else four, whose rings have three tiles where two blocks have room for them, else two.
    /// None if one block has no room for these.
    ///
    /// @param mostSharedBytes of a block
    static Optional<DecodeRings> of(AttentionShape shape, int mostSharedBytes) {
        var many = new DecodeRings(8, 2);
        if (3 * many.bytes(shape) <= mostSharedBytes) {
            return Optional.of(many);
        }
        var deep = new DecodeRings(4, 3);
        if (deep.bytes(shape) + DECLARED_BYTES <= CudaCard.halfSharedBytes(mostSharedBytes)) {
            return Optional.of(deep);
        }
        var few = new DecodeRings(4, 2);
        return few.bytes(shape) + DECLARED_BYTES <= mostSharedBytes ? Optional.of(few) : Optional.empty();
    }

    /// Of shared memory: rings, queries, room for a head a warp, and what other blocks of a cluster send.
    int bytes(AttentionShape shape) {
        int queries = shape.group() > 8 ? 16 : 8;
        int apart = 16;
        return warps * stages * TILE * (Short.BYTES * (shape.headDim() + shape.valueDim()) + apart)
                + queries * (Short.BYTES * shape.headDim() + apart)
                + warps * Float.BYTES * shape.headDim()
                + Float.BYTES * landing(shape);
    }

    /// What a block gets from the others of its cluster: their sums of a slice of values, their maxima and
    /// weights. Slices are equal and of whole fours, so that together they may be up to four values a block longer.
    private static int landing(AttentionShape shape) {
        int members = Math.min(shape.group(), DecodeSplits.MOST_MEMBERS);
        return members * (shape.valueDim() + 2 * DecodeSplits.MOST_CLUSTER) + 4 * DecodeSplits.MOST_CLUSTER;
    }
}
