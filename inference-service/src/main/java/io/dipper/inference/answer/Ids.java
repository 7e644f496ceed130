package io.dipper.inference.answer;

import java.util.Arrays;

/// Token ids that are gathered and taken away in batches.
final class Ids {
    private int[] ids = new int[16];
    private int size;

    void add(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, size * 2);
        }
        ids[size++] = id;
    }

    /// What was gathered since the last call.
    int[] take() {
        int[] taken = Arrays.copyOf(ids, size);
        size = 0;
        return taken;
    }
}
