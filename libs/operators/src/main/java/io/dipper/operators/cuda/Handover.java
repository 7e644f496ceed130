package io.dipper.operators.cuda;

import io.dipper.onnxruntime.KernelInfo;

/// Which of a node's values are bfloat16 in memory that is meant for as many float32: those between two nodes of ours
/// of which the second rounds what it reads. The exporter marks both, `narrow_y` the one and `narrow_x` the other. It
/// counts from so many rows on; fewer stay float32.
///
/// @param x whether the node's first input is such a value
/// @param y whether its first output is
record Handover(boolean x, boolean y) {
    static final Handover NONE = new Handover(false, false);

    static Handover of(KernelInfo info) {
        return new Handover(info.integer("narrow_x", 0) != 0, info.integer("narrow_y", 0) != 0);
    }

    boolean narrowX(long rows) {
        return x && rows > FewRows.MOST_ROWS;
    }

    boolean narrowY(long rows) {
        return y && rows > FewRows.MOST_ROWS;
    }
}
