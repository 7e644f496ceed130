package io.dipper.engine.plan;

import java.util.Arrays;

/// Which token ids a request has seen and how often each was generated: open addressing over
/// parallel arrays, in the order of first sight, so that equal requests hand equal arrays to the
/// sampler.
public final class SeenTokens {
    private static final int EMPTY = -1;

    private int[] ids;
    private int[] counts;
    private int size;
    private int[] slots;

    private SeenTokens(int expected) {
        ids = new int[expected];
        counts = new int[expected];
        slots = emptySlots(Math.max(16, Integer.highestOneBit(expected) * 4));
    }

    static SeenTokens inPrompt(int[] prompt) {
        var seen = new SeenTokens(Math.max(16, prompt.length));
        for (int id : prompt) {
            seen.indexOf(id);
        }
        return seen;
    }

    void generated(int id) {
        // The index first: a new id may make the arrays grow.
        int index = indexOf(id);
        counts[index]++;
    }

    public int size() {
        return size;
    }

    public int id(int index) {
        return ids[index];
    }

    /// Times that the id was generated; 0 if it was only in the prompt.
    public int count(int index) {
        return counts[index];
    }

    private int indexOf(int id) {
        int slot = hash(id);
        while (slots[slot] != EMPTY) {
            if (ids[slots[slot]] == id) {
                return slots[slot];
            }
            slot = (slot + 1) & (slots.length - 1);
        }
        slots[slot] = size;
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, size * 2);
            counts = Arrays.copyOf(counts, size * 2);
        }
        ids[size] = id;
        int index = size++;
        if (size * 2 > slots.length) {
            rehash();
        }
        return index;
    }

    private void rehash() {
        slots = emptySlots(slots.length * 2);
        for (int i = 0; i < size; i++) {
            int slot = hash(ids[i]);
            while (slots[slot] != EMPTY) {
                slot = (slot + 1) & (slots.length - 1);
            }
            slots[slot] = i;
        }
    }

    private int hash(int id) {
        return ((id * 0x9E3779B9) >>> 7) & (slots.length - 1);
    }

    private static int[] emptySlots(int count) {
        int[] slots = new int[count];
        Arrays.fill(slots, EMPTY);
        return slots;
    }
}
