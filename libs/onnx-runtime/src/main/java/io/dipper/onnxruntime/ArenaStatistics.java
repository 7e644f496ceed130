package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;

/// What a session's allocator on a device says of itself.
final class ArenaStatistics {
    private static final MethodHandle CREATE =
            OrtApi.status(OrtFunction.CreateAllocator, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RELEASE = OrtApi.release(OrtFunction.ReleaseAllocator);
    private static final MethodHandle STATISTICS = OrtApi.status(OrtFunction.AllocatorGetStats, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle VALUE =
            OrtApi.returning(JAVA_LONG, OrtFunction.GetKeyValue, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RELEASE_PAIRS = OrtApi.release(OrtFunction.ReleaseKeyValuePairs);

    private ArenaStatistics() {}

    /// A number that is there by this name; 0 if it is not.
    static long of(long session, Device device, String name) {
        long allocator = Ort.create(out -> (long) CREATE.invokeExact(session, device.memoryInfo(), out));
        try {
            long pairs = Ort.create(out -> (long) STATISTICS.invokeExact(allocator, out));
            try {
                return number(pairs, name);
            } finally {
                Ort.release(RELEASE_PAIRS, pairs);
            }
        } finally {
            Ort.release(RELEASE, allocator);
        }
    }

    private static long number(long pairs, String name) {
        try (var arena = Arena.ofConfined()) {
            long text = (long) VALUE.invokeExact(pairs, arena.allocateFrom(name).address());
            return text == 0 ? 0 : Long.parseLong(OrtApi.text(text));
        } catch (Throwable t) {
            throw Ort.unexpected(t);
        }
    }
}
