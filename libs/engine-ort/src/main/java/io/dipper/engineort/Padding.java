package io.dipper.engineort;

/// What fills a step up to the sizes that a captured graph was made for: rows of one token each that
/// write to spare blocks and whose draws are forced.
///
/// @param rows rows of the filled step; 0 fills nothing up
/// @param tableWidths columns of each group's table
/// @param spareBlocks of each group, a block that no sequence has
record Padding(int rows, int[] tableWidths, int[] spareBlocks) {
    static final Padding NONE = new Padding(0, new int[0], new int[0]);
}
