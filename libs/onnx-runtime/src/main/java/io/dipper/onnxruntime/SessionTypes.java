package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Asks a session for the names and types of its inputs and outputs.
final class SessionTypes {
    private static final MethodHandle ALLOCATOR = OrtApi.status(OrtFunction.GetAllocatorWithDefaultOptions, JAVA_LONG);
    private static final MethodHandle FREE = OrtApi.status(OrtFunction.AllocatorFree, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle AS_TENSOR =
            OrtApi.status(OrtFunction.CastTypeInfoToTensorInfo, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle ELEMENT_TYPE =
            OrtApi.status(OrtFunction.GetTensorElementType, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RANK = OrtApi.status(OrtFunction.GetDimensionsCount, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle DIMENSIONS =
            OrtApi.status(OrtFunction.GetDimensions, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle SYMBOLS =
            OrtApi.status(OrtFunction.GetSymbolicDimensions, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RELEASE_TYPE = OrtApi.release(OrtFunction.ReleaseTypeInfo);

    /// The three questions, asked about inputs or about outputs.
    private record Side(MethodHandle count, MethodHandle name, MethodHandle type) {
        private static Side of(OrtFunction count, OrtFunction name, OrtFunction type) {
            return new Side(
                    OrtApi.status(count, JAVA_LONG, JAVA_LONG),
                    OrtApi.status(name, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                    OrtApi.status(type, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        }
    }

    private static final Side INPUTS = Side.of(
            OrtFunction.SessionGetInputCount, OrtFunction.SessionGetInputName, OrtFunction.SessionGetInputTypeInfo);
    private static final Side OUTPUTS = Side.of(
            OrtFunction.SessionGetOutputCount, OrtFunction.SessionGetOutputName, OrtFunction.SessionGetOutputTypeInfo);

    private SessionTypes() {}

    static List<TensorInfo> inputs(long session) {
        return all(session, INPUTS);
    }

    static List<TensorInfo> outputs(long session) {
        return all(session, OUTPUTS);
    }

    private static List<TensorInfo> all(long session, Side side) {
        try (var arena = Arena.ofConfined()) {
            long allocator = Ort.create(arena, out -> (long) ALLOCATOR.invokeExact(out));
            long count = Ort.create(arena, out -> (long) side.count.invokeExact(session, out));
            var result = new ArrayList<TensorInfo>();
            for (long i = 0; i < count; i++) {
                long index = i;
                long name = Ort.create(arena, out -> (long) side.name.invokeExact(session, index, allocator, out));
                String text = OrtApi.text(name);
                Ort.call(() -> (long) FREE.invokeExact(allocator, name));
                long type = Ort.create(arena, out -> (long) side.type.invokeExact(session, index, out));
                try {
                    result.add(describe(text, type, arena));
                } finally {
                    Ort.release(RELEASE_TYPE, type);
                }
            }
            return List.copyOf(result);
        }
    }

    private static TensorInfo describe(String name, long type, Arena arena) {
        long tensor = Ort.create(arena, out -> (long) AS_TENSOR.invokeExact(type, out));
        if (tensor == 0) {
            throw new IllegalArgumentException(name + " is not a tensor");
        }
        int element = (int) Ort.create(arena, out -> (long) ELEMENT_TYPE.invokeExact(tensor, out));
        long rank = Ort.create(arena, out -> (long) RANK.invokeExact(tensor, out));
        var dimensions = arena.allocate(JAVA_LONG, rank);
        var symbols = arena.allocate(JAVA_LONG, rank);
        Ort.call(() -> (long) DIMENSIONS.invokeExact(tensor, dimensions.address(), rank));
        Ort.call(() -> (long) SYMBOLS.invokeExact(tensor, symbols.address(), rank));
        return new TensorInfo(
                name,
                DataType.of(element),
                Arrays.stream(dimensions.toArray(JAVA_LONG)).boxed().toList(),
                Arrays.stream(symbols.toArray(JAVA_LONG)).mapToObj(OrtApi::text).toList());
    }
}
