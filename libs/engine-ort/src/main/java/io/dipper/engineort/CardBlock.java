package io.dipper.engineort;

import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Device;
import io.dipper.onnxruntime.Tensor;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaStream;
import java.lang.foreign.MemorySegment;

/// Memory of the card with its image in page-locked memory of the host; tensors lie in it one after
/// another, each at a boundary of the card's.
final class CardBlock implements AutoCloseable {
    private static final long ALIGNMENT = 256;

    private final CudaCard card;
    private final long bytes;
    private final long address;
    private final MemorySegment host;

    CardBlock(CudaCard card, long bytes) {
        this.card = card;
        this.bytes = bytes;
        this.address = card.allocate(bytes);
        this.host = card.allocateHost(bytes);
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

    MemorySegment host() {
        return host;
    }

    void toCard(long offset, long length, CudaStream stream) {
        stream.copyToDevice(address + offset, host.asSlice(offset, length));
    }

    void toHost(long offset, long length, CudaStream stream) {
        stream.copyToHost(host.asSlice(offset, length), address + offset);
    }

    @Override
    public void close() {
        card.freeHost(host);
        card.free(address);
    }
}
