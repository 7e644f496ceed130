package io.dipper.engineort;

import io.dipper.operators.cuda.CudaStream;
import java.util.List;

/// A copy each: for steps beside whose kernels it does not count, of any size, and on every card.
final class CopiedTransfer implements StepTransfer {
    private final CudaStream stream;
    private final CardRoom room;
    private final long[] marks = new long[2];

    CopiedTransfer(CudaStream stream, CardRoom room) {
        this.stream = stream;
        this.room = room;
    }

    @Override
    public void bring(List<CardCall.Part> parts, int continued, int turn) {
        CardBlock block = room.block();
        for (CardCall.Part part : parts) {
            block.toCard(turn, part.offset(), part.bytes(), stream);
        }
        if (continued > 0) {
            block.takeFrom(room.draws().block(), (long) Integer.BYTES * continued, stream);
        }
    }

    @Override
    public void fetch(long bytes, int turn) {
        if (bytes > 0) {
            room.draws().block().toHost(turn, 0, bytes, stream);
        }
        marks[turn] = stream.remark(marks[turn]);
    }

    @Override
    public void await(int turn) {
        stream.await(marks[turn]);
    }

    @Override
    public void close() {
        for (long mark : marks) {
            stream.forget(mark);
        }
    }
}
