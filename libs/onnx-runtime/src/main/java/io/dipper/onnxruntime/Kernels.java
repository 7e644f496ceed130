package io.dipper.onnxruntime;

import java.util.Arrays;
import java.util.BitSet;

/// The kernels of all open sessions. ONNX Runtime knows each by a "pointer", which is an index from
/// 1: 0 would be a failed kernel.
final class Kernels {
    private record Entry(String name, CustomOpKernel kernel) {}

    private static final BitSet USED = new BitSet();
    private static volatile Entry[] entries = new Entry[64];

    private Kernels() {}

    static synchronized int add(String name, CustomOpKernel kernel) {
        if (kernel == null) {
            throw new IllegalStateException("no kernel was made");
        }
        int index = USED.nextClearBit(1);
        USED.set(index);
        var next = Arrays.copyOf(entries, Math.max(entries.length, index < entries.length ? 0 : 2 * index));
        next[index] = new Entry(name, kernel);
        entries = next;
        return index;
    }

    static void compute(int index, long context) throws Exception {
        var frame = KernelContext.next();
        try {
            frame.enter(context);
            entries[index].kernel.compute(frame);
        } finally {
            frame.leave();
        }
    }

    static String name(int index) {
        return entries[index].name;
    }

    static void remove(int index) {
        Entry entry;
        synchronized (Kernels.class) {
            entry = entries[index];
            var next = entries.clone();
            next[index] = null;
            entries = next;
            USED.clear(index);
        }
        entry.kernel.close();
    }

    /// How many kernels there are.
    static synchronized int live() {
        return USED.cardinality();
    }
}
