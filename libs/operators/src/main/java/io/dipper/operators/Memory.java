package io.dipper.operators;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Native memory by address, in vectors and single values.
///
/// Kernels get their tensors as segments, check the shapes once, and then work on addresses: one
/// constant segment over all memory lets the compiler drop the bounds checks that a segment per
/// tensor would cost in the innermost loops.
public final class Memory {
    public static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final VectorShuffle<Float>[] SWAPS = swaps();

    private Memory() {}

    public static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(LANES, ALL, address, ORDER);
    }

    public static void store(FloatVector vector, long address) {
        vector.intoMemorySegment(ALL, address, ORDER);
    }

    public static float floatAt(long address) {
        return ALL.get(JAVA_FLOAT_UNALIGNED, address);
    }

    public static void putFloat(long address, float value) {
        ALL.set(JAVA_FLOAT_UNALIGNED, address, value);
    }

    public static int intAt(long address) {
        return ALL.get(JAVA_INT_UNALIGNED, address);
    }

    public static long longAt(long address) {
        return ALL.get(JAVA_LONG_UNALIGNED, address);
    }

    public static void putInt(long address, int value) {
        ALL.set(JAVA_INT_UNALIGNED, address, value);
    }

    public static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    /// The sum of products of `length` floats at two addresses: lanes first, then the tail, always
    /// in this order.
    public static float dot(long a, long b, int length) {
        FloatVector sum = FloatVector.zero(LANES);
        int bound = LANES.loopBound(length);
        for (int i = 0; i < bound; i += LANES.length()) {
            sum = load(a + 4L * i).fma(load(b + 4L * i), sum);
        }
        float total = sum(sum);
        for (int i = bound; i < length; i++) {
            total = Math.fma(floatAt(a + 4L * i), floatAt(b + 4L * i), total);
        }
        return total;
    }

    /// The sum of a vector's lanes, by halves. `reduceLanes` leaves its order open, and the
    /// interpreter's differs from the compiler's: a model's answer would change its last bits while
    /// the code warms up.
    public static float sum(FloatVector vector) {
        FloatVector sum = vector;
        for (VectorShuffle<Float> swap : SWAPS) {
            sum = sum.add(sum.rearrange(swap));
        }
        return sum.lane(0);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // arrays know no type arguments
    private static VectorShuffle<Float>[] swaps() {
        VectorShuffle<Float>[] swaps = new VectorShuffle[Integer.numberOfTrailingZeros(LANES.length())];
        for (int i = 0; i < swaps.length; i++) {
            int distance = LANES.length() >> (i + 1);
            swaps[i] = VectorShuffle.fromOp(LANES, lane -> lane ^ distance);
        }
        return swaps;
    }
}
