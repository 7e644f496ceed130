package io.dipper.operators.cuda;

import java.util.ArrayList;
import java.util.List;

/// Device memory that one operator after another uses, in the order of the stream. What was outgrown
/// is kept: a captured graph may still point to it.
final class DeviceScratch implements AutoCloseable {
    private static final long LEAST = 1 << 20;

    private final List<Long> outgrown = new ArrayList<>();
    private long address;
    private long bytes;

    /// At least so many bytes, until the next call. Never grows while a graph is captured: the runs
    /// before that took as much.
    long take(long wanted) {
        if (wanted > bytes) {
            if (bytes > 0) {
                outgrown.add(address);
            }
            bytes = Math.max(LEAST, Long.highestOneBit(wanted - 1) << 1);
            address = CudaMemory.allocate(bytes);
        }
        return address;
    }

    @Override
    public void close() {
        outgrown.forEach(CudaMemory::free);
        outgrown.clear();
        if (bytes > 0) {
            CudaMemory.free(address);
            bytes = 0;
        }
    }
}
