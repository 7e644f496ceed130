package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// Memory of the current context's card, and host memory that the card reaches. Addresses are `long`.
final class CudaMemory {
    private static final MethodHandle INFO = CudaDriver.handle("cuMemGetInfo_v2", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle ALLOCATE = CudaDriver.handle("cuMemAlloc_v2", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FREE = CudaDriver.handle("cuMemFree_v2", JAVA_LONG);
    private static final MethodHandle CLEAR = CudaDriver.handle("cuMemsetD8_v2", JAVA_LONG, JAVA_BYTE, JAVA_LONG);
    private static final MethodHandle WAIT = CudaDriver.handle("cuStreamSynchronize", JAVA_LONG);
    private static final MethodHandle HOST = CudaDriver.handle("cuMemHostAlloc", JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle FREE_HOST = CudaDriver.handle("cuMemFreeHost", JAVA_LONG);
    private static final MethodHandle HOST_ON_DEVICE =
            CudaDriver.handle("cuMemHostGetDevicePointer_v2", JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle TO_DEVICE =
            CudaDriver.handle("cuMemcpyHtoDAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle TO_HOST =
            CudaDriver.handle("cuMemcpyDtoHAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private static final MethodHandle ON_DEVICE =
            CudaDriver.handle("cuMemcpyDtoDAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /// Host memory that the card may address itself.
    private static final int MAPPED = 2;

    private static final long DRIVERS_STREAM = 0;

    private CudaMemory() {}

    /// Bytes that nobody uses.
    static long free() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment both = arena.allocate(JAVA_LONG, 2);
            CudaDriver.call("asking for free memory", () -> (int) INFO.invokeExact(both.address(), both.address() + 8));
            return both.get(JAVA_LONG, 0);
        }
    }

    static long allocate(long bytes) {
        return CudaDriver.create(
                "taking " + bytes + " bytes of the card", out -> (int) ALLOCATE.invokeExact(out, Math.max(1, bytes)));
    }

    static void free(long address) {
        CudaDriver.call("giving memory back", () -> (int) FREE.invokeExact(address));
    }

    /// Zeros that are there when this returns: streams do not wait for what the driver's own stream does.
    static void clear(long address, long bytes) {
        CudaDriver.call("clearing memory", () -> (int) CLEAR.invokeExact(address, (byte) 0, bytes));
        CudaDriver.call("clearing memory", () -> (int) WAIT.invokeExact(DRIVERS_STREAM));
    }

    /// Page-locked memory of the host: copies to and from it run beside other work.
    static long allocateHost(long bytes) {
        return CudaDriver.create("taking " + bytes + " page-locked bytes", out ->
                (int) HOST.invokeExact(out, Math.max(1, bytes), MAPPED));
    }

    static void freeHost(long address) {
        CudaDriver.call("giving page-locked memory back", () -> (int) FREE_HOST.invokeExact(address));
    }

    /// The address by which the card reaches what [#allocateHost] gave.
    static long seenByCard(long host) {
        return CudaDriver.create("mapping host memory", out -> (int) HOST_ON_DEVICE.invokeExact(out, host, 0));
    }

    static void copyToDevice(long device, long host, long bytes, long stream) {
        CudaDriver.call("copying to the card", () -> (int) TO_DEVICE.invokeExact(device, host, bytes, stream));
    }

    static void copyToHost(long host, long device, long bytes, long stream) {
        CudaDriver.call("copying from the card", () -> (int) TO_HOST.invokeExact(host, device, bytes, stream));
    }

    static void copyOnDevice(long to, long from, long bytes, long stream) {
        CudaDriver.call("copying on the card", () -> (int) ON_DEVICE.invokeExact(to, from, bytes, stream));
    }
}
