package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A loaded graph. Any number of threads may run it at once, each with a [Binding] or an
/// [Invocation] of its own.
public final class Session extends Resource {
    private static final MethodHandle CREATE =
            OrtApi.status(OrtFunction.CreateSession, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle CREATE_FROM_BYTES =
            OrtApi.status(OrtFunction.CreateSessionFromArray, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RELEASE = OrtApi.release(OrtFunction.ReleaseSession);

    private final List<TensorInfo> inputs;
    private final List<TensorInfo> outputs;

    private Session(long pointer, List<TensorInfo> inputs, List<TensorInfo> outputs, List<? extends Resource> needed) {
        super(RELEASE, pointer, needed);
        this.inputs = inputs;
        this.outputs = outputs;
    }

    /// From a model in memory. External data that it names by file is looked for in the working
    /// directory.
    public static Session open(Environment environment, byte[] model, SessionOptions options) {
        return open(environment, options, (arena, nativeOptions, out) -> {
            long bytes = arena.allocateFrom(JAVA_BYTE, model).address();
            return (long) CREATE_FROM_BYTES.invokeExact(
                    environment.pointer(), bytes, (long) model.length, nativeOptions, out);
        });
    }

    /// From a file; external data is looked for beside it.
    public static Session open(Environment environment, Path model, SessionOptions options) {
        return open(environment, options, (arena, nativeOptions, out) -> {
            long path = arena.allocateFrom(model.toString()).address();
            return (long) CREATE.invokeExact(environment.pointer(), path, nativeOptions, out);
        });
    }

    private interface Create {
        long invoke(Arena arena, long options, long out) throws Throwable;
    }

    private static Session open(Environment environment, SessionOptions options, Create create) {
        var needed = new ArrayList<Resource>();
        needed.add(environment);
        needed.addAll(options.domains());
        needed.addAll(options.externalInitializers().values());
        holdAll(needed);
        try (var arena = Arena.ofConfined();
                var natives = new NativeSessionOptions(options, arena)) {
            long pointer = Ort.create(arena, out -> create.invoke(arena, natives.pointer(), out));
            return describe(pointer, List.copyOf(needed));
        } catch (RuntimeException e) {
            unholdAll(needed);
            throw e;
        }
    }

    private static Session describe(long pointer, List<Resource> needed) {
        try {
            return new Session(pointer, SessionTypes.inputs(pointer), SessionTypes.outputs(pointer), needed);
        } catch (RuntimeException e) {
            Ort.release(RELEASE, pointer);
            throw e;
        }
    }

    public List<TensorInfo> inputs() {
        return inputs;
    }

    public List<TensorInfo> outputs() {
        return outputs;
    }

    /// The most bytes of host memory that runs had in use at once: what nodes hand to one another, and
    /// what kernels of the runtime take for themselves. Weights and tensors that callers gave are not
    /// part of it.
    public long mostBytesInUse() {
        return mostBytesInUse(Device.CPU);
    }

    /// The same of a device's memory; weights that ONNX Runtime copied there count as well.
    public long mostBytesInUse(Device device) {
        return ArenaStatistics.of(pointer(), device, "MaxInUse");
    }

    /// What the session's allocator has taken of a device's memory, in use or kept for later.
    public long reservedBytes(Device device) {
        return ArenaStatistics.of(pointer(), device, "TotalAllocated");
    }

    /// A set of bound inputs and outputs, run as often as wanted.
    public Binding bind() {
        return new Binding(this);
    }

    /// A call with these inputs and outputs, whose arrays serve any number of runs.
    public Invocation invocation(List<String> inputNames, List<String> outputNames) {
        return new Invocation(this, inputNames, outputNames);
    }

    /// Runs once and returns all outputs, in the session's order; each is to be closed.
    public List<Tensor> run(Map<String, Tensor> values) {
        var names = List.copyOf(values.keySet());
        try (var options = RunOptions.create();
                var invocation =
                        invocation(names, outputs.stream().map(TensorInfo::name).toList())) {
            for (int i = 0; i < names.size(); i++) {
                invocation.input(i, values.get(names.get(i)));
            }
            invocation.run(options);
            var results = new ArrayList<Tensor>();
            for (int i = 0; i < outputs.size(); i++) {
                results.add(invocation.takeOutput(i));
            }
            return results;
        }
    }
}
