package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;

/// Adds the CUDA provider to a session's options. Apart, so that its functions are bound only where
/// it is asked for.
final class CudaProvider {
    private static final MethodHandle CREATE = OrtApi.status(OrtFunction.CreateCudaProviderOptions, JAVA_LONG);
    private static final MethodHandle RELEASE = OrtApi.release(OrtFunction.ReleaseCudaProviderOptions);
    private static final MethodHandle UPDATE =
            OrtApi.status(OrtFunction.UpdateCudaProviderOptions, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle UPDATE_POINTER =
            OrtApi.status(OrtFunction.UpdateCudaProviderOptionsWithValue, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle APPEND =
            OrtApi.status(OrtFunction.SessionOptionsAppendExecutionProviderCuda, JAVA_LONG, JAVA_LONG);

    private CudaProvider() {}

    static void append(long sessionOptions, ExecutionProvider.Cuda cuda, Arena arena) {
        long options = Ort.create(arena, out -> (long) CREATE.invokeExact(out));
        try {
            var entries = cuda.options().entrySet().stream().toList();
            long keys = NativeSessionOptions.texts(
                            arena, entries.stream().map(e -> e.getKey()).toList())
                    .address();
            long values = NativeSessionOptions.texts(
                            arena, entries.stream().map(e -> e.getValue()).toList())
                    .address();
            Ort.call(() -> (long) UPDATE.invokeExact(options, keys, values, (long) entries.size()));
            if (cuda.stream() != 0) {
                long key = arena.allocateFrom("user_compute_stream").address();
                Ort.call(() -> (long) UPDATE_POINTER.invokeExact(options, key, cuda.stream()));
            }
            Ort.call(() -> (long) APPEND.invokeExact(sessionOptions, options));
        } finally {
            Ort.release(RELEASE, options);
        }
    }
}
