package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.dipper.onnxruntime.KernelInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// A node's gate as kernels take it: the structure `Gate` of their common part.
///
/// @param cut whether gates are cut at so many deviations above their row's mean
record CudaGate(MemorySegment structure, boolean cut) {
    private static final List<String> ACTIVATIONS = List.of("silu", "gelu", "gelu_tanh", "relu", "relu_squared");

    /// For kernels that also run without one.
    static final CudaGate NONE = new CudaGate(Arena.ofAuto().allocate(JAVA_INT, 4), false);

    static CudaGate of(KernelInfo info) {
        String name = info.text("activation");
        int kind = ACTIVATIONS.indexOf(name);
        if (kind < 0) {
            throw new IllegalArgumentException("activation is not known: " + name);
        }
        float deviations = info.decimal("cut_deviations", Float.NaN);
        MemorySegment structure = Arena.ofAuto().allocate(JAVA_INT, 4);
        structure.setAtIndex(JAVA_INT, 0, kind);
        structure.setAtIndex(JAVA_FLOAT, 1, info.decimal("clamp_limit", 0f));
        structure.setAtIndex(JAVA_FLOAT, 2, info.decimal("clamp_alpha", 0f));
        structure.setAtIndex(JAVA_FLOAT, 3, deviations);
        return new CudaGate(structure, !Float.isNaN(deviations));
    }
}
