package io.dipper.engineort;

/// What fills a step up to the sizes that it is wanted to have: rows that write to spare blocks and whose
/// draws are forced, one a row. A row's tokens stand at positions 0 and on.
///
/// @param rows rows of the filled step; 0 fills nothing up
/// @param moreTokens tokens beside the first one of each row: the last row takes as many as it can, then the
///     one before; 0 where graphs are captured
/// @param rowTokens most tokens of a row
/// @param tableWidths columns of each group's table
/// @param spareBlocks of each group, a block that no sequence has
record Padding(int rows, int moreTokens, int rowTokens, int[] tableWidths, int[] spareBlocks) {
    static final Padding NONE = new Padding(0, 0, 1, new int[0], new int[0]);

    int tokensOf(int row) {
        long taken = (long) (rows - 1 - row) * (rowTokens - 1);
        return 1 + Math.clamp(moreTokens - taken, 0, rowTokens - 1);
    }

    int tokens() {
        return rows + (int) Math.min(moreTokens, (long) rows * (rowTokens - 1));
    }
}
