package io.dipper.operators;

import io.dipper.onnxruntime.KernelContext;
import java.util.function.IntConsumer;

/// Splits a kernel's work over the session's threads where it is large enough to pay for the
/// hand-over.
public final class Work {
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    /// A hand-over costs about two microseconds; below some ten thousand multiplications one thread
    /// is quicker.
    private static final long WORTH_SPLITTING = 16_384;

    private Work() {}

    @FunctionalInterface
    public interface Range {
        /// Does items `from` to `to - 1`.
        void run(int from, int to);
    }

    /// Does `items` independent items, in as many parts as pay.
    ///
    /// @param items number of independent items
    /// @param itemCost multiplications of one item, roughly
    /// @param grain items that a part has a multiple of
    public static void split(KernelContext context, int items, long itemCost, int grain, Range range) {
        int units = Math.ceilDiv(items, grain);
        int parts = parts(units, items * itemCost);
        each(context, parts, part -> {
            int from = (int) ((long) units * part / parts) * grain;
            int to = Math.min(items, (int) ((long) units * (part + 1) / parts) * grain);
            range.run(from, to);
        });
    }

    /// Into how many parts work of this many multiplications is worth splitting.
    public static int parts(int items, long cost) {
        return cost < WORTH_SPLITTING ? 1 : Math.max(1, Math.min(PROCESSORS, items));
    }

    /// Does the parts `0` to `parts - 1`, at once where there are several.
    public static void each(KernelContext context, int parts, IntConsumer part) {
        if (parts == 1) {
            part.accept(0);
        } else {
            context.parallelFor(parts, part::accept);
        }
    }
}
