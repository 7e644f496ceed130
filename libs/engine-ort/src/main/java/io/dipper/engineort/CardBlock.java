package io.dipper.engineort;

import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Device;
import io.dipper.onnxruntime.Tensor;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaStream;
import java.lang.foreign.MemorySegment;

/// Memory of the card with two images in page-locked memory of the host, used in turn: a copy of one may
/// still wait behind a step while the other is written or read. Tensors lie in it one after another,
/// each at a boundary of the card's.
final class CardBlock implements AutoCloseable {
    private static final long ALIGNMENT = 256;

    private final CudaCard card;
    private final long bytes;
    private final long address;
    private final MemorySegment host;
    private final long hostSeen;

    CardBlock(CudaCard card, long bytes) {
        this.card = card;
        this.bytes = aligned(bytes);
        this.address = card.allocate(this.bytes);
        try {
            this.host = card.allocateHost(2 * this.bytes);
        } catch (RuntimeException e) {
            card.free(address);
            throw e;
        }
        this.hostSeen = card.reachesHost() ? card.seenByCard(host) : 0;
    }

    static long aligned(long bytes) {
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }

    long bytes() {
        return bytes;
    }

    Tensor tensor(long offset, DataType type, long... shape) {
        return Tensor.onDevice(Device.cuda(card.ordinal()), address + offset, bytes - offset, type, shape);
    }

    /// The image of that turn, 0 or 1.
    MemorySegment host(int turn) {
        return host.asSlice(turn * bytes, bytes);
    }

    long address() {
        return address;
    }

    /// Where the card finds that image, if it [CudaCard#reachesHost].
    long hostSeen(int turn) {
        return hostSeen + turn * bytes;
    }

    void toCard(int turn, long offset, long length, CudaStream stream) {
        stream.copyToDevice(address + offset, host(turn).asSlice(offset, length));
    }

    void toHost(int turn, long offset, long length, CudaStream stream) {
        stream.copyToHost(host(turn).asSlice(offset, length), address + offset);
    }

    /// Copies what lies at the beginning of another block to the beginning of this one.
    void takeFrom(CardBlock other, long length, CudaStream stream) {
        stream.copyOnDevice(address, other.address, length);
    }

    @Override
    public void close() {
        card.freeHost(host);
        card.free(address);
    }
}
