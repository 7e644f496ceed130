package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Collection;

/// [SessionOptions] as ONNX Runtime's, for as long as a session takes to open.
final class NativeSessionOptions implements AutoCloseable {
    private static final MethodHandle CREATE = OrtApi.status(OrtFunction.CreateSessionOptions, JAVA_LONG);
    private static final MethodHandle RELEASE = OrtApi.release(OrtFunction.ReleaseSessionOptions);
    private static final MethodHandle THREADS = OrtApi.status(OrtFunction.SetIntraOpNumThreads, JAVA_LONG, JAVA_INT);
    private static final MethodHandle EXECUTION =
            OrtApi.status(OrtFunction.SetSessionExecutionMode, JAVA_LONG, JAVA_INT);
    private static final MethodHandle OPTIMIZATION =
            OrtApi.status(OrtFunction.SetSessionGraphOptimizationLevel, JAVA_LONG, JAVA_INT);
    private static final MethodHandle LOG_LEVEL =
            OrtApi.status(OrtFunction.SetSessionLogSeverityLevel, JAVA_LONG, JAVA_INT);
    private static final MethodHandle NO_MEMORY_PATTERN = OrtApi.status(OrtFunction.DisableMemPattern, JAVA_LONG);
    private static final MethodHandle NO_ARENA = OrtApi.status(OrtFunction.DisableCpuMemArena, JAVA_LONG);
    private static final MethodHandle PROFILE = OrtApi.status(OrtFunction.EnableProfiling, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle CONFIG =
            OrtApi.status(OrtFunction.AddSessionConfigEntry, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle DOMAIN = OrtApi.status(OrtFunction.AddCustomOpDomain, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle INITIALIZER =
            OrtApi.status(OrtFunction.AddInitializer, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private final Arena arena;
    private final long pointer;

    NativeSessionOptions(SessionOptions options, Arena arena) {
        this.arena = arena;
        pointer = Ort.create(arena, out -> (long) CREATE.invokeExact(out));
        try {
            apply(options);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    long pointer() {
        return pointer;
    }

    private void apply(SessionOptions options) {
        if (options.threads().isPresent()) {
            int threads = options.threads().getAsInt();
            Ort.call(() -> (long) THREADS.invokeExact(pointer, threads));
        }
        Ort.call(() -> (long) EXECUTION.invokeExact(pointer, options.execution().code()));
        Ort.call(() ->
                (long) OPTIMIZATION.invokeExact(pointer, options.optimization().code()));
        Ort.call(() -> (long) LOG_LEVEL.invokeExact(pointer, options.logLevel().code()));
        if (!options.memoryPattern()) {
            Ort.call(() -> (long) NO_MEMORY_PATTERN.invokeExact(pointer));
        }
        if (!options.arena()) {
            Ort.call(() -> (long) NO_ARENA.invokeExact(pointer));
        }
        if (options.profile() != null) {
            long prefix = text(options.profile().toString());
            Ort.call(() -> (long) PROFILE.invokeExact(pointer, prefix));
        }
        options.config().forEach((key, value) -> {
            long k = text(key);
            long v = text(value);
            Ort.call(() -> (long) CONFIG.invokeExact(pointer, k, v));
        });
        options.domains().forEach(domain -> Ort.call(() -> (long) DOMAIN.invokeExact(pointer, domain.pointer())));
        // AddExternalInitializers and …FromFilesInMemory copy what they are given (seen with 1.29).
        options.externalInitializers().forEach((name, value) -> {
            long text = text(name);
            Ort.call(() -> (long) INITIALIZER.invokeExact(pointer, text, value.pointer()));
        });
        options.providers().forEach(this::append);
    }

    private void append(ExecutionProvider provider) {
        switch (provider) {
            case ExecutionProvider.Cuda cuda -> CudaProvider.append(pointer, cuda, arena);
        }
    }

    private long text(String text) {
        return arena.allocateFrom(text).address();
    }

    /// An array of C strings.
    static MemorySegment texts(Arena arena, Collection<String> texts) {
        return arena.allocateFrom(
                JAVA_LONG,
                texts.stream()
                        .mapToLong(text -> arena.allocateFrom(text).address())
                        .toArray());
    }

    @Override
    public void close() {
        Ort.release(RELEASE, pointer);
    }
}
