package io.dipper.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Stored values to float and back, in bulk. Chunks go through heap arrays of the first-level
/// cache's size, whose plain loops the compiler vectorises whatever the segments' alignment.
public final class Floats {
    private static final int CHUNK = 4096;
    private static final ValueLayout.OfShort SHORTS =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOATS =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLES =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final float[] E4M3 = e4m3Table();
    private static final float[] E5M2 = e5m2Table();
    private static final float[] E8M0 = e8m0Table();

    private Floats() {}

    /// Decodes `values` values of `type` at the start of `source` into floats at the start of
    /// `target`.
    public static void decode(StoredType type, MemorySegment source, MemorySegment target, long values) {
        requireRoom(type, source, target, values);
        if (type == StoredType.F32) {
            MemorySegment.copy(source, 0, target, 0, values * Float.BYTES);
            return;
        }
        float[] floats = new float[CHUNK];
        byte[] bytes = new byte[type.bytes() == 1 ? CHUNK : 0];
        short[] shorts = new short[type.bytes() == 2 ? CHUNK : 0];
        for (long done = 0; done < values; done += CHUNK) {
            int count = (int) Math.min(CHUNK, values - done);
            long from = done * type.bytes();
            switch (type) {
                case BF16 -> bf16(source, from, shorts, floats, count);
                case F16 -> f16(source, from, shorts, floats, count);
                case F8_E4M3 -> table(E4M3, source, from, bytes, floats, count);
                case F8_E5M2 -> table(E5M2, source, from, bytes, floats, count);
                case F8_E8M0 -> table(E8M0, source, from, bytes, floats, count);
                case F64 -> f64(source, from, floats, count);
                default -> throw new IllegalArgumentException(type + " holds no floats");
            }
            MemorySegment.copy(floats, 0, target, FLOATS, done * Float.BYTES, count);
        }
    }

    /// All values of a tensor, on the heap; for small tensors and tests.
    public static float[] decode(StoredType type, MemorySegment source) {
        float[] floats = new float[Math.toIntExact(source.byteSize() / type.bytes())];
        decode(type, source, MemorySegment.ofArray(floats), floats.length);
        return floats;
    }

    /// Encodes floats as `type` (F32, BF16 or F16), rounding to nearest, ties to even.
    public static void encode(StoredType type, float[] source, MemorySegment target) {
        switch (type) {
            case F32 -> MemorySegment.copy(source, 0, target, FLOATS, 0, source.length);
            case BF16 -> {
                for (int i = 0; i < source.length; i++) {
                    target.set(SHORTS, 2L * i, toBf16(source[i]));
                }
            }
            case F16 -> {
                for (int i = 0; i < source.length; i++) {
                    target.set(SHORTS, 2L * i, Float.floatToFloat16(source[i]));
                }
            }
            default -> throw new IllegalArgumentException("floats are not written as " + type);
        }
    }

    public static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40); // stays a NaN when its low half is cut
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    private static void requireRoom(StoredType type, MemorySegment source, MemorySegment target, long values) {
        if (values < 0 || values > source.byteSize() / type.bytes() || values > target.byteSize() / Float.BYTES) {
            throw new IllegalArgumentException(values + " values of " + type + " from " + source.byteSize()
                    + " bytes into " + target.byteSize() + " bytes");
        }
    }

    private static void bf16(MemorySegment source, long from, short[] shorts, float[] floats, int count) {
        MemorySegment.copy(source, SHORTS, from, shorts, 0, count);
        for (int i = 0; i < count; i++) {
            floats[i] = Float.intBitsToFloat(shorts[i] << 16);
        }
    }

    private static void f16(MemorySegment source, long from, short[] shorts, float[] floats, int count) {
        MemorySegment.copy(source, SHORTS, from, shorts, 0, count);
        for (int i = 0; i < count; i++) {
            floats[i] = Float.float16ToFloat(shorts[i]);
        }
    }

    private static void f64(MemorySegment source, long from, float[] floats, int count) {
        for (int i = 0; i < count; i++) {
            floats[i] = (float) source.get(DOUBLES, from + 8L * i);
        }
    }

    private static void table(float[] table, MemorySegment source, long from, byte[] bytes, float[] floats, int count) {
        MemorySegment.copy(source, ValueLayout.JAVA_BYTE, from, bytes, 0, count);
        for (int i = 0; i < count; i++) {
            floats[i] = table[bytes[i] & 0xff];
        }
    }

    /// Sign, 4 bits of exponent with bias 7, 3 of mantissa; no infinities, NaN where all but the
    /// sign are ones.
    private static float[] e4m3Table() {
        float[] table = new float[256];
        for (int i = 0; i < 256; i++) {
            int exponent = (i >> 3) & 15;
            int mantissa = i & 7;
            float magnitude = (i & 127) == 127
                    ? Float.NaN
                    : exponent == 0 ? Math.scalb(mantissa, -9) : Math.scalb(8 + mantissa, exponent - 10);
            table[i] = (i & 128) == 0 ? magnitude : -magnitude;
        }
        return table;
    }

    /// The upper byte of a half-precision value.
    private static float[] e5m2Table() {
        float[] table = new float[256];
        for (int i = 0; i < 256; i++) {
            table[i] = Float.float16ToFloat((short) (i << 8));
        }
        return table;
    }

    /// A bare exponent with bias 127; 255 is NaN.
    private static float[] e8m0Table() {
        float[] table = new float[256];
        for (int i = 0; i < 255; i++) {
            table[i] = (float) Math.scalb(1.0, i - 127);
        }
        table[255] = Float.NaN;
        return table;
    }
}
