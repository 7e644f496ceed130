package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// A node in the middle of a run: its inputs and outputs. Valid only while [CustomOpKernel#compute]
/// runs; for the thread that it was given to, but the memory that it hands out may be used by
/// others meanwhile.
///
/// Objects of this class are kept per thread and reused, so a run allocates little: that is why
/// nothing here is final.
public final class KernelContext {
    private static final MethodHandle INPUT_COUNT =
            OrtApi.quick(OrtFunction.KernelContextGetInputCount, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle OUTPUT_COUNT =
            OrtApi.quick(OrtFunction.KernelContextGetOutputCount, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle INPUT =
            OrtApi.quick(OrtFunction.KernelContextGetInput, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle OUTPUT =
            OrtApi.status(OrtFunction.KernelContextGetOutput, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle DATA = OrtApi.quick(OrtFunction.GetTensorMutableData, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle TYPE_AND_SHAPE = OrtApi.quick(
            OrtFunction.GetTensorElementTypeAndShapeDataReference, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle STREAM =
            OrtApi.quick(OrtFunction.KernelContextGetGpuComputeStream, JAVA_LONG, JAVA_LONG);

    private static final ThreadLocal<KernelContext> TOP = ThreadLocal.withInitial(() -> new KernelContext(null));

    private static final int MOST_DIMENSIONS = 8;
    private static final long DIMENSIONS = 3 * Long.BYTES;

    /// The context of the run that this thread is in the middle of, if a kernel runs another
    /// session; else null.
    private final KernelContext outer;

    private final Thread owner = Thread.currentThread();

    private KernelContext inner;

    /// Room for what calls return: a word for each of three results, then an output's dimensions.
    private final MemorySegment words = Arena.ofAuto().allocate(DIMENSIONS + MOST_DIMENSIONS * Long.BYTES, 64);

    private final long address = words.address();
    private long context;
    private int inputCount;
    private KernelInput[] inputs = {};

    private KernelContext(KernelContext outer) {
        this.outer = outer;
    }

    /// The frame for a kernel that is about to run on this thread; [#leave] follows, whatever comes
    /// between.
    static KernelContext next() {
        var frame = TOP.get();
        if (frame.context != 0) {
            if (frame.inner == null) {
                frame.inner = new KernelContext(frame);
            }
            frame = frame.inner;
            TOP.set(frame);
        }
        return frame;
    }

    void leave() {
        context = 0;
        if (outer != null) {
            TOP.set(outer);
        }
    }

    void enter(long context) {
        this.context = context;
        try {
            Ort.check((long) INPUT_COUNT.invokeExact(context, address));
        } catch (Throwable t) {
            throw Ort.unexpected(t);
        }
        inputCount = (int) words.get(JAVA_LONG, 0);
        if (inputs.length < inputCount) {
            inputs = new KernelInput[inputCount];
            for (int i = 0; i < inputCount; i++) {
                inputs[i] = new KernelInput();
            }
        }
        for (int i = 0; i < inputCount; i++) {
            inputs[i].forget();
        }
    }

    public int inputCount() {
        return inputCount;
    }

    public int outputCount() {
        try {
            Ort.check((long) OUTPUT_COUNT.invokeExact(context, address));
        } catch (Throwable t) {
            throw Ort.unexpected(t);
        }
        return (int) words.get(JAVA_LONG, 0);
    }

    /// Whether an optional input is there.
    public boolean hasInput(int index) {
        return index < inputCount && read(index).isPresent();
    }

    /// The elements of an input, to be read; one that shares memory with the caller's pools may be
    /// written by agreement.
    public MemorySegment input(int index) {
        return present(index).data();
    }

    public DataType type(int index) {
        return present(index).type();
    }

    public int rank(int index) {
        return present(index).rank();
    }

    public long dimension(int index, int axis) {
        return present(index).dimension(axis);
    }

    public long[] shape(int index) {
        return present(index).shape();
    }

    /// The number of elements of an input.
    public long elements(int index) {
        return present(index).elements();
    }

    private KernelInput present(int index) {
        if (index >= inputCount) {
            throw new IllegalArgumentException("input " + index + " of " + inputCount);
        }
        var input = read(index);
        if (!input.isPresent()) {
            throw new IllegalArgumentException("input " + index + " is left out");
        }
        return input;
    }

    private KernelInput read(int index) {
        var input = inputs[index];
        if (!input.isRead()) {
            requireOwner();
            try {
                Ort.check((long) INPUT.invokeExact(context, (long) index, address));
                long value = words.get(JAVA_LONG, 0);
                if (value == 0) {
                    input.setAbsent();
                    return input;
                }
                Ort.check((long) TYPE_AND_SHAPE.invokeExact(value, address, address + 8, address + 16));
                input.setType(words.get(JAVA_INT, 0), words.get(JAVA_LONG, 8), (int) words.get(JAVA_LONG, 16));
                Ort.check((long) DATA.invokeExact(value, address));
                input.setData(words.get(JAVA_LONG, 0));
            } catch (Throwable t) {
                throw Ort.unexpected(t);
            }
        }
        return input;
    }

    /// Makes an output of this shape and element type, and returns its elements, to be written.
    public MemorySegment output(int index, DataType type, long... shape) {
        requireOwner();
        long bytes = type.byteSize();
        for (int i = 0; i < shape.length; i++) {
            words.set(JAVA_LONG, DIMENSIONS + (long) i * Long.BYTES, shape[i]);
            bytes *= shape[i];
        }
        try {
            Ort.check((long)
                    OUTPUT.invokeExact(context, (long) index, address + DIMENSIONS, (long) shape.length, address));
            long value = words.get(JAVA_LONG, 0);
            if (value == 0) {
                return MemorySegment.NULL;
            }
            Ort.check((long) DATA.invokeExact(value, address));
        } catch (Throwable t) {
            throw Ort.unexpected(t);
        }
        return MemorySegment.ofAddress(words.get(JAVA_LONG, 0)).reinterpret(bytes);
    }

    /// Calls leave their results in this object's words: two threads at once would read each other's.
    private void requireOwner() {
        if (Thread.currentThread() != owner) {
            throw new IllegalStateException("inputs and outputs are looked up by the kernel's own thread");
        }
    }

    /// The provider's stream that the node's work goes to: a `cudaStream_t`, or 0 on the CPU.
    public long stream() {
        try {
            Ort.check((long) STREAM.invokeExact(context, address));
        } catch (Throwable t) {
            throw Ort.unexpected(t);
        }
        return words.get(JAVA_LONG, 0);
    }

    /// Runs `task` for 0 to `count - 1` on the session's threads, this one included, and returns
    /// when all are done. What one throws is thrown here.
    public void parallelFor(int count, ParallelFor.Task task) {
        ParallelFor.run(context, count, task);
    }
}
