package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/// ONNX Runtime as it lives in this process. There is one native environment, however many of these
/// are open: its level is that of the first, and every message goes to all sinks whose level it
/// reaches.
public final class Environment extends Resource {
    private static final MethodHandle CREATE =
            OrtApi.status(OrtFunction.CreateEnvWithCustomLogger, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RELEASE = OrtApi.release(OrtFunction.ReleaseEnv);

    private static final long DEEP_STACK_BYTES = 256L << 20;

    private record Listener(LogSink.Level level, LogSink sink) {}

    private static final List<Listener> LISTENERS = new CopyOnWriteArrayList<>();

    private final Listener listener;

    private Environment(long pointer, Listener listener) {
        super(RELEASE, pointer, List.of());
        this.listener = listener;
    }

    /// Messages of `level` and above go to `sink`.
    public static Environment open(LogSink.Level level, LogSink sink) {
        var listener = new Listener(level, sink);
        LISTENERS.add(listener);
        try {
            return new Environment(onDeepStack(() -> create(level)), listener);
        } catch (RuntimeException e) {
            LISTENERS.remove(listener);
            throw e;
        }
    }

    private static long create(LogSink.Level level) {
        try (var arena = Arena.ofConfined()) {
            long name = arena.allocateFrom("dipper").address();
            return Ort.create(arena, out -> (long) CREATE.invokeExact(Logger.STUB, 0L, level.code(), name, out));
        }
    }

    /// ONNX Runtime searches the process's command line with a regular expression that recurses for
    /// every character: a long class path runs off the end of a common stack, and the process is gone
    /// without a word. Pages of this stack that are not touched cost nothing.
    private static long onDeepStack(LongSupplier task) {
        var result = new CompletableFuture<Long>();
        Thread.ofPlatform()
                .name("open-onnx-runtime")
                .daemon()
                .stackSize(DEEP_STACK_BYTES)
                .start(() -> {
                    try {
                        result.complete(task.getAsLong());
                    } catch (RuntimeException | Error e) {
                        result.completeExceptionally(e);
                    }
                });
        try {
            return result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        }
    }

    /// Warnings and worse are dropped; errors of calls arrive as [OrtError] all the same.
    public static Environment silent() {
        return open(LogSink.Level.FATAL, LogSink.SILENT);
    }

    /// The version of the native library, as in `1.29.0`.
    public static String version() {
        return OrtApi.VERSION;
    }

    @Override
    public void close() {
        super.close();
        LISTENERS.remove(listener);
    }

    /// `OrtLoggingFunction`.
    private static final class Logger {
        private static final long STUB = stub();

        private static long stub() {
            try {
                var type = MethodType.methodType(
                        void.class, long.class, int.class, long.class, long.class, long.class, long.class);
                var target = MethodHandles.lookup().findStatic(Logger.class, "log", type);
                var descriptor =
                        FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
                return OrtApi.LINKER
                        .upcallStub(target, descriptor, Arena.global())
                        .address();
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        @SuppressWarnings("unused") // called by ONNX Runtime; it passes more than is told
        private static void log(long unused, int severity, long category, long id, long place, long message) {
            try {
                var level = LogSink.Level.of(severity);
                String where = OrtApi.text(category) + " " + OrtApi.text(place);
                String text = OrtApi.text(message);
                for (var listener : LISTENERS) {
                    if (level.compareTo(listener.level()) >= 0) {
                        listener.sink().log(level, where, text);
                    }
                }
            } catch (Throwable _) {
                // A sink that fails must not end the virtual machine, and there is no one to tell.
            }
        }
    }
}
