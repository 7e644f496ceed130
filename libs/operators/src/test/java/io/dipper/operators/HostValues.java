package io.dipper.operators;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

final class HostValues implements OneNodeValues {
    private final Arena arena = Arena.ofConfined();

    @Override
    public SessionOptions options(CustomOpDomain domain) {
        return new SessionOptions().customOps(domain);
    }

    @Override
    public Tensor put(Object array, ElementType type, long... shape) {
        MemorySegment source = segment(array);
        MemorySegment memory =
                arena.allocate(Math.max(8, source.byteSize()), 64).copyFrom(source);
        return Tensor.of(memory, DataType.valueOf(type.name()), shape);
    }

    static MemorySegment segment(Object array) {
        return switch (array) {
            case float[] floats -> MemorySegment.ofArray(floats);
            case int[] ints -> MemorySegment.ofArray(ints);
            case long[] longs -> MemorySegment.ofArray(longs);
            default -> throw new IllegalArgumentException("no array of numbers: " + array.getClass());
        };
    }

    @Override
    public void get(Tensor tensor, Object array) {
        MemorySegment target = segment(array);
        target.copyFrom(tensor.data().asSlice(0, target.byteSize()));
    }

    @Override
    public void close() {
        arena.close();
    }
}
