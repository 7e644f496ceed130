package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// Loading and launching of machine code for the current context's card.
final class CudaFunctions {
    private static final MethodHandle LOAD = CudaDriver.handle("cuModuleLoadData", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle UNLOAD = CudaDriver.handle("cuModuleUnload", JAVA_LONG);
    private static final MethodHandle FUNCTION =
            CudaDriver.handle("cuModuleGetFunction", JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle ATTRIBUTE =
            CudaDriver.handle("cuFuncSetAttribute", JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle LAUNCH =
            CudaDriver.handle("cuLaunchKernelEx", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private static final int MAX_DYNAMIC_SHARED = 8;
    private static final int SHARED_CARVEOUT = 9;
    private static final int ALL = 100;

    private CudaFunctions() {}

    static long load(MemorySegment binary) {
        return CudaDriver.create("loading kernels", out -> (int) LOAD.invokeExact(out, binary.address()));
    }

    static void unload(long module) {
        CudaDriver.call("unloading kernels", () -> (int) UNLOAD.invokeExact(module));
    }

    static long function(long module, String name) {
        try (Arena arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(name).address();
            return CudaDriver.create("finding kernel " + name, out -> (int) FUNCTION.invokeExact(out, module, text));
        }
    }

    static void allowShared(long function, int bytes) {
        CudaDriver.call("asking for " + bytes + " bytes of shared memory", () ->
                (int) ATTRIBUTE.invokeExact(function, MAX_DYNAMIC_SHARED, bytes));
    }

    static void preferShared(long function) {
        CudaDriver.call("asking for shared memory", () -> (int) ATTRIBUTE.invokeExact(function, SHARED_CARVEOUT, ALL));
    }

    /// @param config a `CUlaunchConfig`
    /// @param arguments an array of pointers to the kernel's arguments
    static void launch(long function, long config, long arguments) {
        CudaDriver.call("launching a kernel", () -> (int) LAUNCH.invokeExact(config, function, arguments, 0L));
    }
}
