package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A memory in which tensors lie.
public record Device(String name, int id) {
    public static final Device CPU = new Device("Cpu", 0);

    private static final MethodHandle CREATE =
            OrtApi.status(OrtFunction.CreateMemoryInfo, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);

    private static final int DEVICE_ALLOCATOR = 0;
    private static final int DEFAULT_MEMORY = 0;

    /// There are as many as there are devices: they are kept for ever.
    private static final Map<Device, Long> MEMORY_INFOS = new ConcurrentHashMap<>();

    public static Device cuda(int id) {
        return new Device("Cuda", id);
    }

    public boolean isHost() {
        return equals(CPU);
    }

    /// The `OrtMemoryInfo` of this device.
    long memoryInfo() {
        return MEMORY_INFOS.computeIfAbsent(this, device -> {
            long name = Arena.global().allocateFrom(device.name).address();
            return Ort.create(out -> (long) CREATE.invokeExact(name, DEVICE_ALLOCATOR, device.id, DEFAULT_MEMORY, out));
        });
    }
}
