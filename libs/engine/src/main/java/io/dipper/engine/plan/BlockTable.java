package io.dipper.engine.plan;

import java.util.Arrays;

/// The pool blocks of one sequence in one KV group: logical block `b` lies in `block(b % ring)`, or
/// `block(b)` where nothing is forgotten.
public final class BlockTable {
    private int[] blocks = new int[4];
    private int size;

    public int size() {
        return size;
    }

    public int block(int index) {
        return blocks[index];
    }

    void add(int block) {
        if (size == blocks.length) {
            blocks = Arrays.copyOf(blocks, size * 2);
        }
        blocks[size++] = block;
    }

    void giveBackTo(BlockPool pool) {
        for (int i = size - 1; i >= 0; i--) {
            pool.giveBack(blocks[i]);
        }
        size = 0;
    }
}
