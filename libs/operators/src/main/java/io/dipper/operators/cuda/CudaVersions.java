package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/// The versions of what the operators stand on, each as 12090 for 12.9.
///
/// @param driver the newest CUDA that the driver runs
/// @param compiler of CUDA that NVRTC belongs to
/// @param blas of cuBLAS, which counts with CUDA
record CudaVersions(int driver, int compiler, int blas) {
    private static final int MAJOR = 0;
    private static final int MINOR = 1;
    private static final int PER_MAJOR = 1000;
    private static final int PER_MINOR = 10;

    /// @throws CudaException naming what is missing
    static CudaVersions installed() {
        CudaLibraries.require();
        return new CudaVersions(CudaDriver.version(), compilerVersion(), blasVersion());
    }

    /// @throws CudaException if they do not go together, saying what to install
    CudaVersions require() {
        requireNoNewer("NVRTC", compiler);
        requireNoNewer("cuBLAS", blas);
        return this;
    }

    /// Within one major version NVIDIA lets newer libraries run on older drivers.
    private void requireNoNewer(String library, int version) {
        if (version / PER_MAJOR > driver / PER_MAJOR) {
            throw new CudaException(library + " is of CUDA " + text(version) + ", the driver runs CUDA " + text(driver)
                    + " at most: install a driver for CUDA " + version / PER_MAJOR + ", or " + library + " of CUDA "
                    + driver / PER_MAJOR + " and name it in " + CudaLibraries.SETTING);
        }
    }

    @Override
    public String toString() {
        return "driver for CUDA " + text(driver) + ", NVRTC " + text(compiler) + ", cuBLAS " + text(blas);
    }

    private static String text(int version) {
        return version / PER_MAJOR + "." + version % PER_MAJOR / PER_MINOR;
    }

    private static int compilerVersion() {
        MethodHandle version = CudaDriver.handle(CudaLibraries.runtimeCompiler(), "nvrtcVersion", JAVA_LONG, JAVA_LONG);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment both = arena.allocate(JAVA_INT, 2);
            CudaDriver.call("NVRTC", "asking NVRTC's version", () ->
                    (int) version.invokeExact(both.address(), both.address() + Integer.BYTES));
            return both.get(JAVA_INT, 0) * PER_MAJOR + both.get(JAVA_INT, Integer.BYTES) * PER_MINOR;
        }
    }

    private static int blasVersion() {
        SymbolLookup library = CudaLibraries.blas();
        MethodHandle property = CudaDriver.handle(library, "cublasGetProperty", JAVA_INT, JAVA_LONG);
        return property(property, MAJOR) * PER_MAJOR + property(property, MINOR) * PER_MINOR;
    }

    private static int property(MethodHandle property, int which) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_INT);
            CudaDriver.call(
                    "cuBLAS", "asking cuBLAS's version", () -> (int) property.invokeExact(which, out.address()));
            return out.get(JAVA_INT, 0);
        }
    }
}
