package io.dipper.operators.cuda;

import java.lang.foreign.MemorySegment;

/// Page-locked parts of host memory that are filled and copied to the card in turn; what they are
/// copied over is this object's own. For measuring: it tells how fast bytes can reach a card.
public final class CardCopies implements AutoCloseable {
    private final long partBytes;
    private final long host;
    private final long device;
    private final CudaStream stream;
    private final long[] copied;
    private int current = -1;

    public CardCopies(CudaCard card, int parts, long partBytes) {
        this.partBytes = partBytes;
        this.host = CudaMemory.allocateHost(parts * partBytes);
        this.device = CudaMemory.allocate(parts * partBytes);
        this.stream = card.newStream();
        this.copied = new long[parts];
    }

    /// The next part, as soon as its last copy is done.
    public MemorySegment next() {
        current = (current + 1) % copied.length;
        if (copied[current] != 0) {
            stream.await(copied[current]);
        }
        return MemorySegment.ofAddress(host + current * partBytes).reinterpret(partBytes);
    }

    /// Starts to copy the first `bytes` of the part that [#next] gave.
    public void copy(long bytes) {
        long offset = current * partBytes;
        CudaMemory.copyToDevice(device + offset, host + offset, bytes, stream.handle());
        if (copied[current] == 0) {
            copied[current] = stream.mark();
        } else {
            stream.remark(copied[current]);
        }
    }

    public void await() {
        stream.await();
    }

    @Override
    public void close() {
        stream.await();
        for (long mark : copied) {
            if (mark != 0) {
                stream.forget(mark);
            }
        }
        stream.close();
        CudaMemory.free(device);
        CudaMemory.freeHost(host);
    }
}
