package io.dipper.operators.cuda;

import java.util.ArrayList;
import java.util.List;

/// Device memory that one operator after another uses, in the order of the stream.
final class DeviceScratch implements AutoCloseable {
    /// The driver gives memory in pieces of so many bytes anyway.
    private static final long PIECE = 2 << 20;

    private final List<Long> outgrown = new ArrayList<>();
    private long address;
    private long bytes;
    private boolean pointedTo;

    /// At least so many bytes, until the next call. Never grows while a graph is captured: the runs
    /// before that took as much.
    long take(long wanted) {
        if (wanted > bytes) {
            giveUp();
            bytes = Math.ceilDiv(wanted, PIECE) * PIECE;
            address = CudaMemory.allocate(bytes);
        }
        return address;
    }

    /// From now on captured graphs may point to it: what is outgrown is kept.
    void keepAddress() {
        pointedTo = true;
    }

    /// What the largest taker took.
    long bytes() {
        return bytes;
    }

    /// The driver gives memory back when all that works with it is done.
    private void giveUp() {
        if (bytes > 0 && pointedTo) {
            outgrown.add(address);
        } else if (bytes > 0) {
            CudaMemory.free(address);
        }
        bytes = 0;
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
