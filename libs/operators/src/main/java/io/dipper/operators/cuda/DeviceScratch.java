package io.dipper.operators.cuda;

/// Device memory that one operator after another uses, in the order of the stream; grows, never
/// shrinks.
final class DeviceScratch implements AutoCloseable {
    private static final long LEAST = 1 << 20;

    private long address;
    private long bytes;

    /// At least so many bytes, until the next call. Growing waits for the card: freeing memory does.
    long take(long wanted) {
        if (wanted > bytes) {
            close();
            bytes = Math.max(LEAST, Long.highestOneBit(wanted - 1) << 1);
            address = CudaDriver.allocate(bytes);
        }
        return address;
    }

    @Override
    public void close() {
        if (bytes > 0) {
            CudaDriver.free(address);
            bytes = 0;
        }
    }
}
