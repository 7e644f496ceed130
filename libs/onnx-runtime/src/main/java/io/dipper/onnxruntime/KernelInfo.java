package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/// The node that a kernel is made for: its name and attributes. Valid only while [CustomOp#create]
/// runs. An attribute that the node does not have, or has with another type, is an [OrtError] from
/// the one-argument forms and the default from the others.
public final class KernelInfo {
    private static final MethodHandle FLOAT =
            OrtApi.status(OrtFunction.KernelInfoGetAttributeFloat, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle INT =
            OrtApi.status(OrtFunction.KernelInfoGetAttributeInt64, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle STRING =
            OrtApi.status(OrtFunction.KernelInfoGetAttributeString, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FLOATS =
            OrtApi.status(OrtFunction.KernelInfoGetAttributeArrayFloat, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle INTS =
            OrtApi.status(OrtFunction.KernelInfoGetAttributeArrayInt64, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle NODE_NAME =
            OrtApi.status(OrtFunction.KernelInfoGetNodeName, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private final long pointer;

    KernelInfo(long pointer) {
        this.pointer = pointer;
    }

    public String nodeName() {
        try (var arena = Arena.ofConfined()) {
            return text(arena, (out, size) -> (long) NODE_NAME.invokeExact(pointer, out, size));
        }
    }

    public long integer(String name) {
        try (var arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(name).address();
            return Ort.create(arena, out -> (long) INT.invokeExact(pointer, text, out));
        }
    }

    public long integer(String name, long otherwise) {
        try {
            return integer(name);
        } catch (OrtError _) {
            return otherwise;
        }
    }

    public float decimal(String name) {
        try (var arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(name).address();
            return Float.intBitsToFloat((int) Ort.create(arena, out -> (long) FLOAT.invokeExact(pointer, text, out)));
        }
    }

    public float decimal(String name, float otherwise) {
        try {
            return decimal(name);
        } catch (OrtError _) {
            return otherwise;
        }
    }

    public String text(String name) {
        try (var arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(name).address();
            return text(arena, (out, size) -> (long) STRING.invokeExact(pointer, text, out, size));
        }
    }

    public String text(String name, String otherwise) {
        try {
            return text(name);
        } catch (OrtError _) {
            return otherwise;
        }
    }

    public long[] integers(String name) {
        try (var arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(name).address();
            return sized(arena, Long.BYTES, (out, size) -> (long) INTS.invokeExact(pointer, text, out, size))
                    .toArray(JAVA_LONG);
        }
    }

    public float[] decimals(String name) {
        try (var arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(name).address();
            return sized(arena, Float.BYTES, (out, size) -> (long) FLOATS.invokeExact(pointer, text, out, size))
                    .toArray(JAVA_FLOAT);
        }
    }

    /// A call that tells the size when it gets no buffer, and fills the buffer when it gets one.
    private interface SizedCall {
        long invoke(long out, long size) throws Throwable;
    }

    private static MemorySegment sized(Arena arena, long elementBytes, SizedCall call) {
        var size = arena.allocate(JAVA_LONG);
        Ort.call(() -> call.invoke(0, size.address()));
        var buffer = arena.allocate(size.get(JAVA_LONG, 0) * elementBytes, 8);
        Ort.call(() -> call.invoke(buffer.address(), size.address()));
        return buffer;
    }

    private static String text(Arena arena, SizedCall call) {
        byte[] bytes = sized(arena, 1, call).toArray(JAVA_BYTE);
        return new String(bytes, 0, bytes.length - 1, StandardCharsets.UTF_8); // the last byte is the C string's end
    }
}
