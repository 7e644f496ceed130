package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.List;

/// A tensor: elements that lie somewhere, their type and shape. Over memory of the caller nothing
/// is copied, and the caller keeps that memory alive until the tensor and all that it was handed to
/// are closed.
public final class Tensor extends Resource {
    private static final MethodHandle CREATE = OrtApi.status(
            OrtFunction.CreateTensorWithDataAsOrtValue,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            JAVA_LONG);
    private static final MethodHandle RELEASE = OrtApi.release(OrtFunction.ReleaseValue);
    private static final MethodHandle DATA = OrtApi.quick(OrtFunction.GetTensorMutableData, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle TYPE_AND_SHAPE = OrtApi.quick(
            OrtFunction.GetTensorElementTypeAndShapeDataReference, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /// ONNX Runtime wants an address for no bytes, too.
    private static final MemorySegment NO_BYTES = Arena.global().allocate(64, 64);

    private final Device device;
    private final DataType type;
    private final long[] shape;
    private final MemorySegment data;

    private Tensor(long pointer, Device device, DataType type, long[] shape, MemorySegment data) {
        super(RELEASE, pointer, List.of());
        this.device = device;
        this.type = type;
        this.shape = shape;
        this.data = data;
    }

    /// Over native memory of the caller.
    public static Tensor of(MemorySegment data, DataType type, long... shape) {
        if (!data.isNative()) {
            throw new IllegalArgumentException("a tensor over memory on Java's heap");
        }
        return create(Device.CPU, data, type, shape);
    }

    /// Over `bytes` bytes of a device's memory at `address`.
    public static Tensor onDevice(Device device, long address, long bytes, DataType type, long... shape) {
        return create(device, MemorySegment.ofAddress(address).reinterpret(bytes), type, shape);
    }

    /// On memory of its own, zero, freed when no one can reach the tensor any more.
    public static Tensor allocate(DataType type, long... shape) {
        return of(Arena.ofAuto().allocate(bytes(type, shape), 64), type, shape);
    }

    private static Tensor create(Device device, MemorySegment data, DataType type, long[] shape) {
        long bytes = bytes(type, shape);
        if (data.byteSize() < bytes) {
            throw new IllegalArgumentException(
                    "%s%s takes %d bytes, given %d".formatted(type, Arrays.toString(shape), bytes, data.byteSize()));
        }
        var address = bytes == 0 ? NO_BYTES : data;
        try (var arena = Arena.ofConfined()) {
            long dimensions = arena.allocateFrom(JAVA_LONG, shape).address();
            long pointer = Ort.create(arena, out -> (long) CREATE.invokeExact(
                    device.memoryInfo(), address.address(), bytes, dimensions, (long) shape.length, type.code(), out));
            return new Tensor(pointer, device, type, shape.clone(), data.asSlice(0, bytes));
        }
    }

    private static long bytes(DataType type, long[] shape) {
        long bytes = type.byteSize();
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException("a tensor of shape " + Arrays.toString(shape));
            }
            bytes = Math.multiplyExact(bytes, size);
        }
        return bytes;
    }

    /// Takes over a value that ONNX Runtime made; frees it if it cannot be read.
    static Tensor adopt(long value, Device device) {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(JAVA_LONG, 3);
            long address = out.address();
            Ort.call(() -> (long) TYPE_AND_SHAPE.invokeExact(value, address, address + 8, address + 16));
            var type = DataType.of(out.get(JAVA_INT, 0));
            long rank = out.getAtIndex(JAVA_LONG, 2);
            long[] shape = MemorySegment.ofAddress(out.getAtIndex(JAVA_LONG, 1))
                    .reinterpret(rank * Long.BYTES)
                    .toArray(JAVA_LONG);
            long data = Ort.create(arena, at -> (long) DATA.invokeExact(value, at));
            return new Tensor(
                    value, device, type, shape, MemorySegment.ofAddress(data).reinterpret(bytes(type, shape)));
        } catch (RuntimeException e) {
            Ort.release(RELEASE, value);
            throw e;
        }
    }

    /// The elements. A tensor that ONNX Runtime made owns them: they are gone when it is closed. On
    /// a device, an address and a size that the host must not read.
    public MemorySegment data() {
        pointer();
        return data;
    }

    public Device device() {
        return device;
    }

    public DataType type() {
        return type;
    }

    public long[] shape() {
        return shape.clone();
    }

    @Override
    public String toString() {
        return "Tensor " + type + Arrays.toString(shape);
    }
}
