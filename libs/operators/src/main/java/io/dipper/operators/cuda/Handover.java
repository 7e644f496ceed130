package io.dipper.operators.cuda;

import io.dipper.onnxruntime.KernelInfo;

/// Which of a node's values are bfloat16 in memory that is meant for as many float32: those between two nodes of ours
/// of which the second is a projection that rounds what it reads. The exporter marks both, `narrow_y` the one and
/// `narrow_x` the other, with the weight rows of the second, which with the sizes of the step tell both of them whether
/// its kernel takes bfloat16. (Older exports say 1, which both of them take for the weight rows all the same.)
///
/// @param x weight rows of this node if its first input may be such a value, or 0
/// @param y weight rows of the reader if its first output may be, or 0
record Handover(int x, int y, ProjectionForms forms) {
    static Handover of(KernelInfo info, ProjectionForms forms) {
        return new Handover((int) info.integer("narrow_x", 0), (int) info.integer("narrow_y", 0), forms);
    }

    static Handover none(ProjectionForms forms) {
        return new Handover(0, 0, forms);
    }

    /// @param k columns of x
    boolean narrowX(int rows, int k) {
        return x > 0 && forms.takesRounded(rows, k, x);
    }

    /// @param width columns of y
    boolean narrowY(int rows, int width) {
        return y > 0 && forms.takesRounded(rows, width, y);
    }
}
