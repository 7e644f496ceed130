package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/// What is known of one input in one run: read once, when first asked for. Shapes are read where
/// ONNX Runtime keeps them.
final class KernelInput {
    private boolean read;
    private DataType type;
    private MemorySegment dimensions = MemorySegment.NULL;
    private int rank;
    private long data;

    void forget() {
        read = false;
    }

    boolean isRead() {
        return read;
    }

    boolean isPresent() {
        return type != null;
    }

    void setAbsent() {
        read = true;
        type = null;
    }

    void setType(int code, long dimensionsAddress, int count) {
        type = DataType.of(code);
        rank = count;
        dimensions = MemorySegment.ofAddress(dimensionsAddress).reinterpret((long) count * Long.BYTES);
    }

    void setData(long address) {
        data = address;
        read = true;
    }

    MemorySegment data() {
        return MemorySegment.ofAddress(data).reinterpret(elements() * type.byteSize());
    }

    DataType type() {
        return type;
    }

    int rank() {
        return rank;
    }

    long dimension(int axis) {
        return dimensions.getAtIndex(JAVA_LONG, axis < 0 ? axis + rank : axis);
    }

    long[] shape() {
        return dimensions.toArray(JAVA_LONG);
    }

    long elements() {
        long elements = 1;
        for (int i = 0; i < rank; i++) {
            elements *= dimension(i);
        }
        return elements;
    }
}
