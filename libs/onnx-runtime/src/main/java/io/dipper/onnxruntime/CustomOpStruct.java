package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A [CustomOp] as the native struct `OrtCustomOp`: a version, then function pointers. The
/// functions are the same for all operators: they get the struct's address and find the operator by
/// it.
final class CustomOpStruct {
    /// From version 16 on the runtime calls the functions that report errors by a status (the "V2"
    /// ones), and these alone are set.
    private static final long BYTES = 208;

    private static final Map<Long, CustomOpStruct> BY_ADDRESS = new ConcurrentHashMap<>();

    private final CustomOp op;
    private final List<CustomOpParameter> inputs;
    private final List<CustomOpParameter> outputs;
    private final MemorySegment struct;
    private final long name;
    private final long provider;

    /// What is allocated here lives as long as `struct` is reachable, thus until [#unregister].
    private CustomOpStruct(CustomOp op) {
        var arena = Arena.ofAuto();
        this.op = op;
        inputs = List.copyOf(op.inputs());
        outputs = List.copyOf(op.outputs());
        name = arena.allocateFrom(op.name()).address();
        provider = op.provider().map(p -> arena.allocateFrom(p).address()).orElse(0L);
        struct = arena.allocate(BYTES, 8);
        struct.set(JAVA_INT, 0, OrtApi.API_VERSION);
        CustomOpCalls.fill(struct);
    }

    static CustomOpStruct register(CustomOp op) {
        var struct = new CustomOpStruct(op);
        BY_ADDRESS.put(struct.address(), struct);
        return struct;
    }

    void unregister() {
        BY_ADDRESS.remove(address());
    }

    static CustomOpStruct at(long address) {
        return BY_ADDRESS.get(address);
    }

    long address() {
        return struct.address();
    }

    CustomOp op() {
        return op;
    }

    long name() {
        return name;
    }

    long provider() {
        return provider;
    }

    List<CustomOpParameter> inputs() {
        return inputs;
    }

    List<CustomOpParameter> outputs() {
        return outputs;
    }
}
