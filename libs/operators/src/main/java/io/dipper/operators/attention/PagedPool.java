package io.dipper.operators.attention;

/// Where keys and values lie. A block holds, for each key-value head:
///
/// ```
/// keys    [headDim][blockTokens]    transposed: the scores of a whole block are sums of vectors,
/// without
/// reductions
/// values  [blockTokens][valueDim]
/// ```
final class PagedPool {
    private final AttentionShape shape;
    private final long address;
    private final long blocks;
    private final int[] table;
    private final int width;

    PagedPool(AttentionShape shape, long address, long blocks, int[] table, int width) {
        this.shape = shape;
        this.address = address;
        this.blocks = blocks;
        this.table = table;
        this.width = width;
    }

    /// Address of a head's keys in the block of a row that holds `position`; [#values] follow them.
    long keys(int row, int position, int kvHead) {
        int block = table[row * width + position / shape.blockTokens() % width];
        if (block < 0 || block >= blocks) {
            throw new IllegalArgumentException("block " + block + " of a pool of " + blocks);
        }
        long perHead = (long) shape.blockTokens() * (shape.headDim() + shape.valueDim());
        return address + 4 * perHead * ((long) block * shape.kvHeads() + kvHead);
    }

    long values(long keys) {
        return keys + 4L * shape.blockTokens() * shape.headDim();
    }
}
