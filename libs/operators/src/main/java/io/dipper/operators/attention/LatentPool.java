package io.dipper.operators.attention;

/// Where latents lie. A block holds its tokens one after another: latent, then rotary key.
///
/// @param address of the pool
/// @param blocks of the pool
/// @param table the rows' block tables, one after another
/// @param width columns of a table
record LatentPool(LatentShape shape, long address, long blocks, int[] table, int width) {

    /// Address of a row's token at `position`; the tokens of its block follow.
    long token(int row, int position) {
        int block = table[row * width + position / shape.blockTokens() % width];
        if (block < 0 || block >= blocks) {
            throw new IllegalArgumentException("block " + block + " of a pool of " + blocks);
        }
        int slot = position % shape.blockTokens();
        return address + 4L * shape.valuesPerToken() * ((long) block * shape.blockTokens() + slot);
    }
}
