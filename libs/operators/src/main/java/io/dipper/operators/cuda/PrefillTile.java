package io.dipper.operators.cuda;

import io.dipper.operators.attention.AttentionShape;
import java.util.List;
import java.util.Optional;

/// How the queries of prompts are cut for the `prefill` kernel: what it is compiled with.
///
/// @param rows queries of a tile
/// @param keyGroups warps that share 16 queries and take keys in turn
/// @param keys that a warp takes at a time
/// @param sixteens times 16 queries that a warp has
/// @param blocks of a multiprocessor, which bounds the registers
/// @param keptQueries whether queries stay in registers
record PrefillTile(int rows, int keyGroups, int keys, int sixteens, int blocks, boolean keptQueries) {
    /// Also the largest group: a tile has whole tokens.
    static final int SMALL_ROWS = 64;

    private static final int STAGES = 2;

    /// For many tiles: a warp's two times 16 queries share what is read of keys and values. Large heads
    /// have not the registers for it.
    static Optional<PrefillTile> large(AttentionShape shape, int mostSharedBytes) {
        return isSmall(shape)
                ? fitting(new PrefillTile(128, 1, 64, 2, 2, false), shape, mostSharedBytes)
                : Optional.empty();
    }

    /// For as many tiles as there are multiprocessors.
    static Optional<PrefillTile> small(AttentionShape shape, int mostSharedBytes) {
        return fitting(of(shape, 1), shape, mostSharedBytes);
    }

    /// For fewer: two warps share 16 queries.
    static Optional<PrefillTile> shared(AttentionShape shape, int mostSharedBytes) {
        return fitting(of(shape, 2), shape, mostSharedBytes);
    }

    private static PrefillTile of(AttentionShape shape, int keyGroups) {
        return new PrefillTile(SMALL_ROWS, keyGroups, isSmall(shape) ? 64 : 32, 1, 2 / keyGroups, isSmall(shape));
    }

    private static Optional<PrefillTile> fitting(PrefillTile tile, AttentionShape shape, int mostSharedBytes) {
        return Optional.of(tile).filter(it -> it.bytes(shape) <= mostSharedBytes);
    }

    private static boolean isSmall(AttentionShape shape) {
        return shape.headDim() <= 128 && shape.valueDim() <= 128;
    }

    int threads() {
        return 32 * (rows / 16 / sixteens) * keyGroups;
    }

    /// Of shared memory.
    int bytes(AttentionShape shape) {
        int row = 2 * (shape.headDim() + shape.valueDim()) + 16;
        return STAGES * keys * keyGroups * row + rows * (2 * shape.headDim() + 16);
    }

    List<String> defines() {
        return List.of(
                "ROWS=" + rows,
                "KEY_GROUPS=" + keyGroups,
                "KEYS=" + keys,
                "SIXTEENS=" + sixteens,
                "BLOCKS=" + blocks,
                "KEPT_QUERIES=" + (keptQueries ? 1 : 0));
    }

    /// The most tiles of a key-value head that the rows of several tokens of a step can make.
    ///
    /// @param rows queries of a tile
    static int most(int rows, int group, AttentionCall call) {
        return call.tokens() / (rows / group) + Math.min(call.rows(), call.tokens() / 2);
    }
}
