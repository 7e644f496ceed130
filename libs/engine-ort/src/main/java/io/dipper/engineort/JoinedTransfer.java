package io.dipper.engineort;

import io.dipper.operators.cuda.CardExchange;
import io.dipper.operators.cuda.CudaStream;
import java.util.List;

/// One kernel between two steps that writes what the one drew to the host's memory and reads the other's inputs from
/// there. What a step drew waits for the next one to begin, or for somebody who wants to know it: then it goes alone.
final class JoinedTransfer implements StepTransfer {
    private static final int NONE = -1;

    private final CardExchange exchange;
    private final CudaStream stream;
    private final CardRoom room;
    private final long[] marks = new long[2];
    private long waitingBytes;
    private int waitingTurn = NONE;

    JoinedTransfer(CardExchange exchange, CudaStream stream, CardRoom room) {
        this.exchange = exchange;
        this.stream = stream;
        this.room = room;
    }

    @Override
    public void bring(List<CardCall.Part> parts, int continued, int turn) {
        CardBlock block = room.block();
        for (CardCall.Part part : parts) {
            exchange.copy(block.address() + part.offset(), block.hostSeen(turn) + part.offset(), part.bytes());
        }
        exchange.replace(room.draws().block().address(), (long) Integer.BYTES * continued);
        run();
    }

    @Override
    public void fetch(long bytes, int turn) {
        waitingBytes = bytes;
        waitingTurn = turn;
    }

    @Override
    public void await(int turn) {
        if (waitingTurn == turn) {
            run();
        }
        stream.await(marks[turn]);
    }

    /// What was added, with what waits.
    private void run() {
        if (waitingTurn != NONE) {
            CardBlock drawn = room.draws().block();
            exchange.copy(drawn.hostSeen(waitingTurn), drawn.address(), waitingBytes);
        }
        exchange.run(stream);
        if (waitingTurn != NONE) {
            marks[waitingTurn] = stream.remark(marks[waitingTurn]);
            waitingTurn = NONE;
        }
    }

    @Override
    public void close() {
        for (long mark : marks) {
            stream.forget(mark);
        }
    }
}
