package io.dipper.operators.cuda;

import io.dipper.operators.attention.AttentionShape;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

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

    /// Where there are enough tiles: 16 warps of a multiprocessor. Large heads need the registers of two
    /// blocks, so they have no such tiles.
    static Optional<PrefillTile> large(AttentionShape shape, int mostSharedBytes) {
        var tile = new PrefillTile(128, 1, 32, 1, 2, false);
        return isSmall(shape) && tile.bytes(shape) <= mostSharedBytes ? Optional.of(tile) : Optional.empty();
    }

    /// Where there are few tiles: as many warps share one as there is room for. Empty if not even one
    /// has room.
    static Optional<PrefillTile> small(AttentionShape shape, int mostSharedBytes) {
        int most = isSmall(shape) ? 4 : 2;
        return IntStream.of(4, 2, 1)
                .filter(groups -> groups <= most)
                .mapToObj(groups -> new PrefillTile(SMALL_ROWS, groups, 32, 1, 1, false))
                .filter(tile -> tile.bytes(shape) <= mostSharedBytes)
                .findFirst();
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

    /// For experiments: `rows,keyGroups,keys,sixteens,blocks,kept`.
    static PrefillTile of(String text) {
        int[] n = java.util.Arrays.stream(text.split(",", -1))
                .mapToInt(Integer::parseInt)
                .toArray();
        return new PrefillTile(n[0], n[1], n[2], n[3], n[4], n[5] == 1);
    }

    /// The most tiles that the rows of several tokens of a step can make.
    int tiles(int group, AttentionCall call) {
        return call.tokens() / (rows / group) + Math.min(call.rows(), call.tokens() / 2);
    }
}
