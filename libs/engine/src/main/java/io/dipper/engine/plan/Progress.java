package io.dipper.engine.plan;

/// The only ways in which a sequence moves on after a step.
public final class Progress {
    private Progress() {}

    /// The row's tokens now have keys and values in the pool.
    public static void advance(Row row) {
        row.sequence().advance(row.count());
    }

    public static void scored(Sequence sequence, int position) {
        sequence.markScored(position);
    }

    public static void append(Sequence sequence, int id) {
        sequence.append(id);
    }
}
