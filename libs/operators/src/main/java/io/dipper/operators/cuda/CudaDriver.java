package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The functions of the CUDA driver that operators need. Pointers and handles are `long`.
final class CudaDriver {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup DRIVER = CudaLibraries.driver();
    private static final MethodHandle INIT = handle("cuInit", JAVA_INT);
    private static final MethodHandle DEVICE = handle("cuDeviceGet", JAVA_LONG, JAVA_INT);
    private static final MethodHandle ATTRIBUTE = handle("cuDeviceGetAttribute", JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle NAME = handle("cuDeviceGetName", JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle RETAIN = handle("cuDevicePrimaryCtxRetain", JAVA_LONG, JAVA_INT);
    private static final MethodHandle CURRENT = handle("cuCtxSetCurrent", JAVA_LONG);
    private static final MethodHandle SYNCHRONIZE = handle("cuCtxSynchronize");
    private static final MethodHandle COUNT = handle("cuDeviceGetCount", JAVA_LONG);
    private static final MethodHandle VERSION = handle("cuDriverGetVersion", JAVA_LONG);
    private static final MethodHandle ERROR_NAME = handle("cuGetErrorName", JAVA_INT, JAVA_LONG);
    private static final MethodHandle ERROR_TEXT = handle("cuGetErrorString", JAVA_INT, JAVA_LONG);

    private static final int COMPUTE_CAPABILITY_MAJOR = 75;
    private static final int COMPUTE_CAPABILITY_MINOR = 76;
    private static final int MULTIPROCESSORS = 16;
    private static final int CAN_MAP_HOST_MEMORY = 19;
    private static final int MOST_SHARED_BYTES = 97;
    private static final int NAME_BYTES = 256;

    private CudaDriver() {}

    /// A call that returns an error code.
    @FunctionalInterface
    interface Call {
        int invoke() throws Throwable;
    }

    /// A call that returns an error code and writes its result to `out`.
    @FunctionalInterface
    interface OutCall {
        int invoke(long out) throws Throwable;
    }

    static MethodHandle handle(SymbolLookup library, String name, ValueLayout... arguments) {
        return LINKER.downcallHandle(library.findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
    }

    static MethodHandle handle(String name, ValueLayout... arguments) {
        return handle(DRIVER, name, arguments);
    }

    static void call(String what, Call call) {
        int code;
        try {
            code = call.invoke();
        } catch (Throwable failure) {
            throw new IllegalStateException(what, failure);
        }
        if (code != 0) {
            throw new CudaException(what + " failed with CUDA error " + code + errorText(code));
        }
    }

    /// A call of another library of NVIDIA's, whose numbers mean something else.
    static void call(String library, String what, Call call) {
        int status;
        try {
            status = call.invoke();
        } catch (Throwable failure) {
            throw new IllegalStateException(what, failure);
        }
        if (status != 0) {
            throw new CudaException(what + " failed with status " + status + " of " + library);
        }
    }

    /// The error's name and the driver's words for it; empty if it has none.
    private static String errorText(int code) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG, 2);
            int named = (int) ERROR_NAME.invokeExact(code, out.address());
            int told = (int) ERROR_TEXT.invokeExact(code, out.address() + Long.BYTES);
            return named != 0 || told != 0
                    ? ""
                    : " (" + text(out.get(JAVA_LONG, 0)) + ": " + text(out.get(JAVA_LONG, Long.BYTES)) + ")";
        } catch (Throwable e) {
            // The number says it too.
            return "";
        }
    }

    private static String text(long address) {
        return MemorySegment.ofAddress(address).reinterpret(NAME_BYTES).getString(0);
    }

    /// What the context says of itself when all that was queued is done: 0, or the error that it died of.
    static int state(long context) {
        try {
            int code = (int) CURRENT.invokeExact(context);
            return code != 0 ? code : (int) SYNCHRONIZE.invokeExact();
        } catch (Throwable failure) {
            throw new IllegalStateException("asking the card's context", failure);
        }
    }

    /// How many cards the driver shows to this process.
    static int count() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_INT);
            call("counting cards", () -> (int) COUNT.invokeExact(out.address()));
            return out.get(JAVA_INT, 0);
        }
    }

    /// The newest CUDA that the driver runs, as 12090 for 12.9.
    static int version() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_INT);
            call("asking the driver's version", () -> (int) VERSION.invokeExact(out.address()));
            return out.get(JAVA_INT, 0);
        }
    }

    static long create(String what, OutCall call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            call(what, () -> call.invoke(out.address()));
            return out.get(JAVA_LONG, 0);
        }
    }

    static long create(String library, String what, OutCall call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            call(library, what, () -> call.invoke(out.address()));
            return out.get(JAVA_LONG, 0);
        }
    }

    /// @throws CudaException if the driver shows no such card
    static int device(int ordinal) {
        start();
        int count = count();
        if (ordinal >= count) {
            throw new CudaException("there is no card " + ordinal + ": the driver shows " + count
                    + (count == 0 ? "" : ", numbered from 0"));
        }
        return (int) create("opening card " + ordinal, out -> (int) DEVICE.invokeExact(out, ordinal));
    }

    static void start() {
        call("starting CUDA", () -> (int) INIT.invokeExact(0));
    }

    /// The device's primary context, which ONNX Runtime uses too.
    static long context(int device) {
        return create("its context", out -> (int) RETAIN.invokeExact(out, device));
    }

    static void makeCurrent(long context) {
        call("using the card's context", () -> (int) CURRENT.invokeExact(context));
    }

    /// As 90 for 9.0.
    static int computeCapability(int device) {
        int major = attribute(device, COMPUTE_CAPABILITY_MAJOR);
        return 10 * major + attribute(device, COMPUTE_CAPABILITY_MINOR);
    }

    static int multiprocessors(int device) {
        return attribute(device, MULTIPROCESSORS);
    }

    static boolean canMapHostMemory(int device) {
        return attribute(device, CAN_MAP_HOST_MEMORY) != 0;
    }

    /// Of a block that asks for more than the 48 KiB that every kernel may use.
    static int mostSharedBytes(int device) {
        return attribute(device, MOST_SHARED_BYTES);
    }

    private static int attribute(int device, int attribute) {
        return (int) create("asking the card", out -> (int) ATTRIBUTE.invokeExact(out, attribute, device));
    }

    static String name(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(NAME_BYTES);
            call("asking the card", () -> (int) NAME.invokeExact(text.address(), NAME_BYTES, device));
            return text.getString(0);
        }
    }
}
