package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Inputs and outputs bound by name and kept from run to run (`OrtIoBinding`): what does not change
/// is bound once, and tensors may lie on any device. For one thread at a time.
public final class Binding extends Resource {
    private static final MethodHandle CREATE = OrtApi.status(OrtFunction.CreateIoBinding, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RELEASE = OrtApi.release(OrtFunction.ReleaseIoBinding);
    private static final MethodHandle RUN = OrtApi.status(OrtFunction.RunWithBinding, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle INPUT = OrtApi.status(OrtFunction.BindInput, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle OUTPUT = OrtApi.status(OrtFunction.BindOutput, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle OUTPUT_TO_DEVICE =
            OrtApi.status(OrtFunction.BindOutputToDevice, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle VALUES =
            OrtApi.status(OrtFunction.GetBoundOutputValues, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle ALLOCATOR = OrtApi.status(OrtFunction.GetAllocatorWithDefaultOptions, JAVA_LONG);
    private static final MethodHandle FREE = OrtApi.status(OrtFunction.AllocatorFree, JAVA_LONG, JAVA_LONG);

    private final Session session;
    private final Arena names = Arena.ofAuto();
    private final Map<String, Long> nativeNames = new HashMap<>();
    private final Map<String, Tensor> inputs = new HashMap<>();
    private final Map<String, Tensor> outputs = new HashMap<>();
    /// The devices of outputs in the order in which they were first bound, which is that of the
    /// values after a run.
    private final List<Device> outputDevices = new ArrayList<>();

    private final Map<String, Integer> outputOrder = new HashMap<>();

    Binding(Session session) {
        this(session, hold(session));
    }

    private Binding(Session session, List<Session> held) {
        super(RELEASE, create(session, held), held);
        this.session = session;
    }

    private static List<Session> hold(Session session) {
        session.hold();
        return List.of(session);
    }

    private static long create(Session session, List<Session> held) {
        try {
            return Ort.create(out -> (long) CREATE.invokeExact(session.pointer(), out));
        } catch (RuntimeException e) {
            unholdAll(held);
            throw e;
        }
    }

    /// The tensor's memory stays alive as long as it is bound; the tensor itself may be closed.
    public Binding input(String name, Tensor tensor) {
        long text = name(name);
        Ort.call(() -> (long) INPUT.invokeExact(pointer(), text, tensor.pointer()));
        inputs.put(name, tensor);
        return this;
    }

    public Binding output(String name, Tensor tensor) {
        long text = name(name);
        Ort.call(() -> (long) OUTPUT.invokeExact(pointer(), text, tensor.pointer()));
        outputs.put(name, tensor);
        bound(name, tensor.device());
        return this;
    }

    /// Lets ONNX Runtime make the output in each run, on this device.
    public Binding output(String name, Device device) {
        long text = name(name);
        Ort.call(() -> (long) OUTPUT_TO_DEVICE.invokeExact(pointer(), text, device.memoryInfo()));
        outputs.remove(name);
        bound(name, device);
        return this;
    }

    private void bound(String name, Device device) {
        Integer at = outputOrder.putIfAbsent(name, outputDevices.size());
        if (at == null) {
            outputDevices.add(device);
        } else {
            outputDevices.set(at, device);
        }
    }

    public void run(RunOptions options) {
        options.hold();
        try {
            Ort.check((long) RUN.invokeExact(session.pointer(), options.pointer(), pointer()));
        } catch (Throwable t) {
            throw Ort.unexpected(t);
        } finally {
            options.unhold();
        }
    }

    /// The outputs after a run, in the order in which they were first bound; each is to be closed.
    public List<Tensor> outputs() {
        try (var arena = Arena.ofConfined()) {
            long allocator = Ort.create(arena, out -> (long) ALLOCATOR.invokeExact(out));
            var count = arena.allocate(JAVA_LONG);
            long values =
                    Ort.create(arena, out -> (long) VALUES.invokeExact(pointer(), allocator, out, count.address()));
            if (values == 0) {
                return List.of();
            }
            long[] pointers = MemorySegment.ofAddress(values)
                    .reinterpret(count.get(JAVA_LONG, 0) * Long.BYTES)
                    .toArray(JAVA_LONG);
            Ort.call(() -> (long) FREE.invokeExact(allocator, values));
            var result = new ArrayList<Tensor>();
            for (int i = 0; i < pointers.length; i++) {
                result.add(Tensor.adopt(pointers[i], outputDevices.get(i)));
            }
            return result;
        }
    }

    private long name(String name) {
        return nativeNames.computeIfAbsent(name, n -> names.allocateFrom(n).address());
    }
}
