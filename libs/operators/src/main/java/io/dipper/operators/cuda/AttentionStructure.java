package io.dipper.operators.cuda;

import io.dipper.operators.attention.AttentionShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// The kernels' `Shape`, passed by value.
final class AttentionStructure {
    private static final int TABLE_WIDTH = 9;
    private static final int NARROW = 13;

    private final AttentionShape shape;
    private final MemorySegment members;

    AttentionStructure(AttentionShape shape) {
        this.shape = shape;
        int[] integers = {
            shape.heads(),
            shape.kvHeads(),
            shape.headDim(),
            shape.valueDim(),
            shape.window(),
            shape.chunk(),
            shape.rotaryDim(),
            shape.interleaved() ? 1 : 0,
            shape.blockTokens(),
            0,
            Float.floatToRawIntBits(shape.scale()),
            Float.floatToRawIntBits(shape.softcap()),
            Float.floatToRawIntBits(shape.normEpsilon()),
            0
        };
        members = Arena.ofAuto().allocate(ValueLayout.JAVA_INT, integers.length);
        members.copyFrom(MemorySegment.ofArray(integers));
    }

    /// With what each step may change.
    MemorySegment of(AttentionCall call) {
        members.setAtIndex(ValueLayout.JAVA_INT, TABLE_WIDTH, call.width());
        members.setAtIndex(ValueLayout.JAVA_INT, NARROW, call.narrow() ? 1 : 0);
        return members;
    }

    /// What every kernel of the shape is compiled with.
    List<String> defines() {
        return List.of("HEAD_DIM=" + shape.headDim(), "VALUE_DIM=" + shape.valueDim(), "GROUP=" + shape.group());
    }
}
