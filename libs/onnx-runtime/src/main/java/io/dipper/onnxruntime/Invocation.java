package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/// A call of a session with named inputs and outputs. Names and arrays are made once; a run
/// allocates nothing here. An output is written to a tensor of the caller, or made by ONNX Runtime
/// and then taken. For one thread at a time.
public final class Invocation implements AutoCloseable {
    private static final MethodHandle RUN = OrtApi.status(
            OrtFunction.Run, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RELEASE = OrtApi.release(OrtFunction.ReleaseValue);

    private final Session session;
    private final MemorySegment inputNames;
    private final MemorySegment outputNames;
    private final MemorySegment inputs;
    private final MemorySegment outputs;
    private final Tensor[] inputTensors;
    private final Tensor[] outputTensors;
    private boolean closed;

    Invocation(Session session, List<String> inputNames, List<String> outputNames) {
        session.hold();
        this.session = session;
        var arena = Arena.ofAuto();
        this.inputNames = NativeSessionOptions.texts(arena, inputNames);
        this.outputNames = NativeSessionOptions.texts(arena, outputNames);
        inputs = arena.allocate(JAVA_LONG, inputNames.size());
        outputs = arena.allocate(JAVA_LONG, outputNames.size());
        inputTensors = new Tensor[inputNames.size()];
        outputTensors = new Tensor[outputNames.size()];
    }

    /// The tensor stays the caller's, open as long as it is set here.
    public void input(int index, Tensor tensor) {
        inputs.setAtIndex(JAVA_LONG, index, tensor.pointer());
        inputTensors[index] = tensor;
    }

    /// Where the output is written; null lets ONNX Runtime make it anew in each run.
    public void output(int index, Tensor tensor) {
        releaseMade(index);
        outputs.setAtIndex(JAVA_LONG, index, tensor == null ? 0 : tensor.pointer());
        outputTensors[index] = tensor;
    }

    public void run(RunOptions options) {
        for (int i = 0; i < inputTensors.length; i++) {
            if (inputTensors[i] == null || inputTensors[i].isClosed()) {
                throw new IllegalStateException("input " + i + " is not set, or closed");
            }
        }
        for (int i = 0; i < outputTensors.length; i++) {
            if (outputTensors[i] == null) {
                releaseMade(i);
            } else {
                outputTensors[i].pointer();
            }
        }
        options.hold();
        try {
            Ort.check((long) RUN.invokeExact(
                    session.pointer(),
                    options.pointer(),
                    inputNames.address(),
                    inputs.address(),
                    (long) inputTensors.length,
                    outputNames.address(),
                    (long) outputTensors.length,
                    outputs.address()));
        } catch (Throwable t) {
            throw Ort.unexpected(t);
        } finally {
            options.unhold();
        }
    }

    /// The output that ONNX Runtime made in the last run; now the caller's, to be closed.
    public Tensor takeOutput(int index) {
        long value = outputs.getAtIndex(JAVA_LONG, index);
        if (value == 0 || outputTensors[index] != null) {
            throw new IllegalStateException("output " + index + " was not made by the last run, or taken before");
        }
        outputs.setAtIndex(JAVA_LONG, index, 0);
        return Tensor.adopt(value, Device.CPU);
    }

    private void releaseMade(int index) {
        long value = outputs.getAtIndex(JAVA_LONG, index);
        if (outputTensors[index] == null && value != 0) {
            Ort.release(RELEASE, value);
            outputs.setAtIndex(JAVA_LONG, index, 0);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            for (int i = 0; i < outputTensors.length; i++) {
                releaseMade(i);
            }
            session.unhold();
        }
    }
}
