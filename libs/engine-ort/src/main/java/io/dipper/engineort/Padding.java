package io.dipper.engineort;

/// What fills a step up to the sizes that it is wanted to have: rows that write to spare blocks and whose
/// draws are forced, one a row. All have one token, at position 0, but for the last.
///
/// @param rows rows of the filled step; 0 fills nothing up
/// @param lastTokens tokens of the last of them, at positions 0 and on; 1 where graphs are captured
/// @param tableWidths columns of each group's table
/// @param spareBlocks of each group, a block that no sequence has
record Padding(int rows, int lastTokens, int[] tableWidths, int[] spareBlocks) {
    static final Padding NONE = new Padding(0, 0, new int[0], new int[0]);

    int tokensOf(int row) {
        return row == rows - 1 ? lastTokens : 1;
    }

    int tokens() {
        return rows == 0 ? 0 : rows - 1 + lastTokens;
    }
}
