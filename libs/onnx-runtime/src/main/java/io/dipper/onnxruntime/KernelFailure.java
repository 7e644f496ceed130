package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// Carries what Java code threw through ONNX Runtime: as a status on the way in, as the cause of an
/// [OrtError] on the way out. Nothing may leave an upcall by itself: the virtual machine would end.
final class KernelFailure {
    private static final MethodHandle CREATE_STATUS = OrtApi.status(OrtFunction.CreateStatus, JAVA_INT, JAVA_LONG);
    private static final MemorySegment LAST_WORDS =
            Arena.global().allocateFrom("an operator failed, and telling how failed too");

    /// What was thrown last on this thread. A thread that only runs others' operators never takes
    /// it; one object stays.
    private static final ThreadLocal<Pending> PENDING = new ThreadLocal<>();

    private record Pending(String message, Throwable cause) {}

    private KernelFailure() {}

    /// A status that tells of `failure`; ONNX Runtime releases it.
    static long status(String where, Throwable failure) {
        try (var arena = Arena.ofConfined()) {
            String message = where + ": " + failure;
            var code = switch (failure) {
                case OrtError e -> e.code();
                case IllegalArgumentException _ -> OrtError.Code.INVALID_ARGUMENT;
                default -> OrtError.Code.FAIL;
            };
            PENDING.set(new Pending(message, failure));
            return (long) CREATE_STATUS.invokeExact(
                    code.number(), arena.allocateFrom(message).address());
        } catch (Throwable _) {
            return lastWords();
        }
    }

    private static long lastWords() {
        try {
            return (long) CREATE_STATUS.invokeExact(OrtError.Code.FAIL.number(), LAST_WORDS.address());
        } catch (Throwable t) {
            throw Ort.unexpected(t);
        }
    }

    /// What was thrown, if the message of a status tells of it.
    static Throwable take(String message) {
        var pending = PENDING.get();
        if (pending == null || !message.contains(pending.message())) {
            return null;
        }
        PENDING.remove();
        return pending.cause();
    }
}
