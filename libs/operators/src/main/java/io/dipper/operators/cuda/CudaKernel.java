package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A compiled kernel and room for its arguments. For one thread at a time: the one that owns the
/// session.
final class CudaKernel {
    private static final int MOST_ARGUMENTS = 24;

    private final long function;
    private final boolean mayOverlap;
    private final LaunchConfig config = new LaunchConfig();
    private final MemorySegment values = Arena.ofAuto().allocate(MOST_ARGUMENTS * 8L, 16);
    private final MemorySegment pointers = Arena.ofAuto().allocate(MOST_ARGUMENTS * 8L, 16);
    private int count;

    /// @param mayOverlap whether the card can start a kernel before the one before is done
    CudaKernel(long function, boolean mayOverlap) {
        this.function = function;
        this.mayOverlap = mayOverlap;
    }

    /// Begins a new list of arguments.
    CudaKernel with() {
        count = 0;
        return this;
    }

    CudaKernel address(long value) {
        values.setAtIndex(JAVA_LONG, count, value);
        return at(values.address() + 8L * count);
    }

    /// A 64-bit integer; the driver does not tell it from an address.
    CudaKernel wide(long value) {
        return address(value);
    }

    CudaKernel integer(int value) {
        values.set(JAVA_INT, 8L * count, value);
        return at(values.address() + 8L * count);
    }

    CudaKernel decimal(float value) {
        values.set(JAVA_FLOAT, 8L * count, value);
        return at(values.address() + 8L * count);
    }

    /// A structure that is passed by value; read when the kernel is launched.
    CudaKernel structure(MemorySegment value) {
        return at(value.address());
    }

    private CudaKernel at(long argument) {
        pointers.setAtIndex(JAVA_LONG, count++, argument);
        return this;
    }

    /// Lets a block use more than the 48 KiB that every kernel may.
    CudaKernel allowShared(int bytes) {
        CudaFunctions.allowShared(function, bytes);
        return this;
    }

    /// Has multiprocessors give all they can to shared memory while the kernel runs. They are divided
    /// anew only when nothing runs on them, so kernels that overlap should want the same.
    CudaKernel preferShared() {
        CudaFunctions.preferShared(function);
        return this;
    }

    void launch(int gridX, int gridY, int block, int sharedBytes, long stream) {
        launch(gridX, gridY, 1, block, sharedBytes, stream, false);
    }

    /// For kernels that call `await_predecessor()` before they touch what earlier kernels write: their
    /// blocks may start, and fetch weights, while those still run.
    void launchEarly(int gridX, int gridY, int gridZ, int block, int sharedBytes, long stream) {
        launch(gridX, gridY, gridZ, block, sharedBytes, stream, mayOverlap);
    }

    /// Like [#launchEarly], for a card whose blocks can see each other's shared memory: so many of a
    /// column's blocks do, a divisor of `gridY`.
    void launchClustered(int cluster, int gridX, int gridY, int gridZ, int block, int sharedBytes, long stream) {
        config.of(gridX, gridY, gridZ, block, sharedBytes, stream, true);
        CudaFunctions.launch(function, config.clustered(cluster).address(), pointers.address());
    }

    private void launch(int x, int y, int z, int block, int sharedBytes, long stream, boolean overlapping) {
        if (x > 0 && y > 0 && z > 0) {
            long launch =
                    config.of(x, y, z, block, sharedBytes, stream, overlapping).address();
            CudaFunctions.launch(function, launch, pointers.address());
        }
    }
}
