package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import java.util.List;

/// Operators of ours under a domain's name, for any number of sessions. A graph imports the domain
/// with version 1.
public final class CustomOpDomain extends Resource {
    private static final MethodHandle CREATE = OrtApi.status(OrtFunction.CreateCustomOpDomain, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle ADD = OrtApi.status(OrtFunction.CustomOpDomainAdd, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RELEASE = OrtApi.release(OrtFunction.ReleaseCustomOpDomain);

    private final String name;
    private final List<CustomOpStruct> structs;

    private CustomOpDomain(String name, long pointer, List<CustomOpStruct> structs) {
        super(RELEASE, pointer, List.of());
        this.name = name;
        this.structs = structs;
    }

    public static CustomOpDomain of(String name, List<? extends CustomOp> ops) {
        long pointer;
        try (var arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(name).address();
            pointer = Ort.create(arena, out -> (long) CREATE.invokeExact(text, out));
        }
        var domain = new CustomOpDomain(
                name, pointer, ops.stream().map(CustomOpStruct::register).toList());
        try {
            domain.structs.forEach(struct -> Ort.call(() -> (long) ADD.invokeExact(pointer, struct.address())));
        } catch (RuntimeException e) {
            domain.close();
            throw e;
        }
        return domain;
    }

    public String name() {
        return name;
    }

    @Override
    public void close() {
        boolean open = !isClosed();
        super.close();
        if (open) {
            structs.forEach(CustomOpStruct::unregister);
        }
    }

    @Override
    public String toString() {
        return "CustomOpDomain " + name;
    }
}
