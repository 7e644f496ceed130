package io.dipper.export;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// MXFP4: four-bit floats (a sign, two bits of exponent, one of mantissa), two a byte with the lower
/// half first, times a power of two for each run of them.
final class FourBitFloats implements TensorFloats {
    /// What four bits stand for.
    private static final float[] VALUES = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};

    private static final int EXPONENT_BIAS = 127;

    private final MemorySegment pairs;
    private final MemorySegment exponents;
    private final long run;

    /// @param blocks two values a byte
    /// @param scales one exponent a run, plus 127
    FourBitFloats(Checkpoint checkpoint, TensorInfo blocks, TensorInfo scales) {
        this.pairs = checkpoint.map(blocks);
        this.exponents = checkpoint.map(scales);
        this.run = 2 * blocks.values() / scales.values();
    }

    @Override
    public void read(long from, int count, float[] into) {
        for (int i = 0; i < count; i++) {
            long at = from + i;
            int pair = pairs.get(ValueLayout.JAVA_BYTE, at / 2);
            int value = at % 2 == 0 ? pair & 15 : pair >> 4 & 15;
            int exponent = Byte.toUnsignedInt(exponents.get(ValueLayout.JAVA_BYTE, at / run)) - EXPONENT_BIAS;
            into[i] = Math.scalb(VALUES[value], exponent);
        }
    }
}
