package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Splits the work of a node over the session's threads. These are native threads: the virtual
/// machine attaches each on its first upcall and keeps it attached.
public final class ParallelFor {
    private static final MethodHandle PARALLEL_FOR =
            OrtApi.status(OrtFunction.KernelContextParallelFor, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final long STUB = CustomOpCalls.upcall(
            ParallelFor.class, MethodHandles.lookup(), "step", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG));

    private static final AtomicLong NEXT = new AtomicLong(1);
    private static final Map<Long, ParallelFor> RUNNING = new ConcurrentHashMap<>();

    /// One part of the work.
    @FunctionalInterface
    public interface Task {
        void run(int index) throws Exception;
    }

    private final Task task;
    private volatile Throwable failure;

    private ParallelFor(Task task) {
        this.task = task;
    }

    static void run(long context, int count, Task task) {
        var work = new ParallelFor(task);
        long key = NEXT.getAndIncrement();
        RUNNING.put(key, work);
        try {
            Ort.check((long) PARALLEL_FOR.invokeExact(context, STUB, (long) count, 0L, key));
        } catch (Throwable t) {
            throw Ort.unexpected(t);
        } finally {
            RUNNING.remove(key);
        }
        if (work.failure != null) {
            throw Ort.unexpected(work.failure);
        }
    }

    @SuppressWarnings("unused") // called by ONNX Runtime
    private static void step(long key, long index) {
        var work = RUNNING.get(key);
        if (work.failure == null) {
            try {
                work.task.run((int) index);
            } catch (Throwable t) {
                work.failure = t;
            }
        }
    }
}
