package io.dipper.engineort;

import io.dipper.engine.plan.Plan;
import io.dipper.onnxruntime.DataType;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaStream;

/// A step's logits on a card, for a tap that wants to see them.
final class CardLogits implements AutoCloseable {
    private final LogitsTap tap;
    private final int vocabularySize;
    private final int most;
    private final CardBlock block;

    CardLogits(CudaCard card, LogitsTap tap, int most, int vocabularySize) {
        this.tap = tap;
        this.most = most;
        this.vocabularySize = vocabularySize;
        this.block = new CardBlock(card, bytes(most));
    }

    int most() {
        return most;
    }

    void place(CardCall call, int draws) {
        call.output(GraphSlots.LOGITS, block.tensor(0, DataType.F32, draws, vocabularySize));
    }

    void tell(Plan plan, CudaStream stream) {
        long bytes = bytes(plan.draws());
        if (bytes > 0) {
            block.toHost(0, 0, bytes, stream);
        }
        stream.await();
        tap.accept(plan, block.host(0).asSlice(0, bytes), vocabularySize);
    }

    private long bytes(int draws) {
        return (long) Float.BYTES * draws * vocabularySize;
    }

    @Override
    public void close() {
        block.close();
    }
}
