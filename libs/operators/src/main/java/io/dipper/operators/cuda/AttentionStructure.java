package io.dipper.operators.cuda;

import io.dipper.operators.attention.AttentionShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The kernels' `Shape`, passed by value.
final class AttentionStructure {
    private static final int TABLE_WIDTH = 9;

    private final MemorySegment members;

    AttentionStructure(AttentionShape shape) {
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
            Float.floatToRawIntBits(shape.normEpsilon())
        };
        members = Arena.ofAuto().allocate(ValueLayout.JAVA_INT, integers.length);
        members.copyFrom(MemorySegment.ofArray(integers));
    }

    /// @param width logical blocks of a row of the table, which each step may change
    MemorySegment with(int width) {
        members.setAtIndex(ValueLayout.JAVA_INT, TABLE_WIDTH, width);
        return members;
    }
}
