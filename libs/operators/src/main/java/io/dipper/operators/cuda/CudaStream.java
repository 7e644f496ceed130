package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// A queue of the card's work, in order, with copies and marks of time. Waiting throws what went
/// wrong in any kernel before.
public final class CudaStream implements AutoCloseable {
    private static final MethodHandle CREATE = CudaDriver.handle("cuStreamCreate", JAVA_LONG, JAVA_INT);
    private static final MethodHandle DESTROY = CudaDriver.handle("cuStreamDestroy_v2", JAVA_LONG);
    private static final MethodHandle WAIT = CudaDriver.handle("cuStreamSynchronize", JAVA_LONG);
    private static final MethodHandle EVENT = CudaDriver.handle("cuEventCreate", JAVA_LONG, JAVA_INT);
    private static final MethodHandle RECORD = CudaDriver.handle("cuEventRecord", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WAIT_EVENT = CudaDriver.handle("cuEventSynchronize", JAVA_LONG);
    private static final MethodHandle ELAPSED =
            CudaDriver.handle("cuEventElapsedTime", JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle DESTROY_EVENT = CudaDriver.handle("cuEventDestroy_v2", JAVA_LONG);
    private static final int NON_BLOCKING = 1;

    private final long handle =
            CudaDriver.create("making a stream", out -> (int) CREATE.invokeExact(out, NON_BLOCKING));

    CudaStream() {}

    public long handle() {
        return handle;
    }

    public void copyToDevice(long device, MemorySegment host) {
        CudaMemory.copyToDevice(device, host.address(), host.byteSize(), handle);
    }

    public void copyToHost(MemorySegment host, long device) {
        CudaMemory.copyToHost(host.address(), device, host.byteSize(), handle);
    }

    public void copyOnDevice(long to, long from, long bytes) {
        CudaMemory.copyOnDevice(to, from, bytes, handle);
    }

    /// Until all that was queued is done.
    public void await() {
        CudaDriver.call("the card's work", () -> (int) WAIT.invokeExact(handle));
    }

    /// A mark in the queue; give it back by [#forget].
    public long mark() {
        return remark(0);
    }

    /// The same mark, further back in the queue; a new one for 0.
    public long remark(long mark) {
        long event = mark != 0 ? mark : CudaDriver.create("making a mark", out -> (int) EVENT.invokeExact(out, 0));
        CudaDriver.call("setting a mark", () -> (int) RECORD.invokeExact(event, handle));
        return event;
    }

    public void await(long event) {
        CudaDriver.call("the card's work", () -> (int) WAIT_EVENT.invokeExact(event));
    }

    /// Milliseconds of the card between two marks that have passed.
    public static float between(long earlier, long later) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_FLOAT);
            CudaDriver.call("reading marks", () -> (int) ELAPSED.invokeExact(out.address(), earlier, later));
            return out.get(ValueLayout.JAVA_FLOAT, 0);
        }
    }

    /// Does nothing for 0.
    public void forget(long event) {
        if (event == 0) {
            return;
        }
        CudaDriver.call("forgetting a mark", () -> (int) DESTROY_EVENT.invokeExact(event));
    }

    @Override
    public void close() {
        CudaDriver.call("ending a stream", () -> (int) DESTROY.invokeExact(handle));
    }
}
