package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;

/// How every call is made: here, and only here, is a status looked at and released.
final class Ort {
    private static final MethodHandle GET_ERROR_CODE = OrtApi.returning(JAVA_INT, OrtFunction.GetErrorCode, JAVA_LONG);
    private static final MethodHandle GET_ERROR_MESSAGE =
            OrtApi.returning(JAVA_LONG, OrtFunction.GetErrorMessage, JAVA_LONG);
    private static final MethodHandle RELEASE_STATUS = OrtApi.release(OrtFunction.ReleaseStatus);

    /// A call that returns a status.
    @FunctionalInterface
    interface Call {
        long invoke() throws Throwable;
    }

    /// A call that returns a status and writes its result to `out`.
    @FunctionalInterface
    interface OutCall {
        long invoke(long out) throws Throwable;
    }

    private Ort() {}

    static void call(Call call) {
        try {
            check(call.invoke());
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /// What the call made: a pointer, or a number of up to 64 bits.
    static long create(Arena arena, OutCall call) {
        var out = arena.allocate(JAVA_LONG);
        try {
            check(call.invoke(out.address()));
        } catch (Throwable t) {
            throw unexpected(t);
        }
        return out.get(JAVA_LONG, 0);
    }

    static long create(OutCall call) {
        try (var arena = Arena.ofConfined()) {
            return create(arena, call);
        }
    }

    static void release(MethodHandle release, long pointer) {
        try {
            release.invokeExact(pointer);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static void check(long status) {
        if (status != 0) {
            throw error(status);
        }
    }

    private static OrtError error(long status) {
        try {
            var code = OrtError.Code.of((int) GET_ERROR_CODE.invokeExact(status));
            String message = OrtApi.text((long) GET_ERROR_MESSAGE.invokeExact(status));
            RELEASE_STATUS.invokeExact(status);
            return new OrtError(code, message, KernelFailure.take(message));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /// Handles are declared to throw anything; what they do throw is unchecked.
    static RuntimeException unexpected(Throwable t) {
        return switch (t) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(t);
        };
    }
}
