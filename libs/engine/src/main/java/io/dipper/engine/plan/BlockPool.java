package io.dipper.engine.plan;

/// The free blocks of one KV group, as a stack. The law: free + held = total.
public final class BlockPool {
    private final int[] free;
    private final boolean[] held;
    private int freeCount;
    private int peakHeld;

    public BlockPool(int total) {
        free = new int[total];
        held = new boolean[total];
        for (int i = 0; i < total; i++) {
            free[i] = total - 1 - i;
        }
        freeCount = total;
    }

    public int total() {
        return free.length;
    }

    public int freeBlocks() {
        return freeCount;
    }

    public int heldBlocks() {
        return free.length - freeCount;
    }

    public int peakHeld() {
        return peakHeld;
    }

    int take() {
        if (freeCount == 0) {
            throw new IllegalStateException("the planner granted a block that is not there");
        }
        int block = free[--freeCount];
        if (held[block]) {
            throw new IllegalStateException("block " + block + " is held twice");
        }
        held[block] = true;
        peakHeld = Math.max(peakHeld, heldBlocks());
        return block;
    }

    void giveBack(int block) {
        if (!held[block]) {
            throw new IllegalStateException("block " + block + " was not held");
        }
        held[block] = false;
        free[freeCount++] = block;
    }
}
