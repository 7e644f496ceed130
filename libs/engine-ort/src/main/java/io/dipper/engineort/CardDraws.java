package io.dipper.engineort;

import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Plan;
import io.dipper.engine.plan.Row;
import io.dipper.onnxruntime.DataType;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaOperators;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// What a step on a card drew: ids and logprobs always come back, alternatives where a row wants them.
final class CardDraws implements AutoCloseable {
    private final int most;
    private final int width;
    private final CardBlock block;
    private final long logprobs;
    private final long topIds;
    private final long topLogprobs;

    /// @param most draws of a step at most
    CardDraws(CudaCard card, int most, int vocabularySize) {
        this.most = most;
        this.width = Math.min(CudaOperators.MOST_ALTERNATIVES, vocabularySize);
        this.logprobs = (long) Integer.BYTES * most;
        this.topIds = CardBlock.aligned(2 * logprobs);
        this.topLogprobs = topIds + CardBlock.aligned(logprobs * width);
        this.block = new CardBlock(card, topLogprobs + logprobs * width);
    }

    int most() {
        return most;
    }

    /// Sets the tensors of `draws` draws as the call's outputs.
    void place(CardCall call, int draws) {
        call.output(GraphSlots.IDS, block.tensor(0, DataType.I32, draws));
        call.output(GraphSlots.LOGPROBS, block.tensor(logprobs, DataType.F32, draws));
        call.output(GraphSlots.TOP_IDS, block.tensor(topIds, DataType.I32, draws, width));
        call.output(GraphSlots.TOP_LOGPROBS, block.tensor(topLogprobs, DataType.F32, draws, width));
    }

    /// Where the ids lie, from its beginning on.
    CardBlock block() {
        return block;
    }

    /// Bytes from the block's beginning on in which all lies that the plan wants to see.
    long bytes(Plan plan) {
        long draws = plan.draws();
        if (draws == 0) {
            return 0;
        }
        return wantsAlternatives(plan) ? topLogprobs + Float.BYTES * draws * width : logprobs + Float.BYTES * draws;
    }

    /// What has come back.
    Tokens read(Plan plan, int turn) {
        int draws = plan.draws();
        boolean alternatives = wantsAlternatives(plan);
        int shown = alternatives ? draws * width : 0;
        return new Tokens(
                at(turn, 0, draws).toArray(ValueLayout.JAVA_INT),
                at(turn, logprobs, draws).toArray(ValueLayout.JAVA_FLOAT),
                alternatives ? width : 0,
                at(turn, topIds, shown).toArray(ValueLayout.JAVA_INT),
                at(turn, topLogprobs, shown).toArray(ValueLayout.JAVA_FLOAT));
    }

    private static boolean wantsAlternatives(Plan plan) {
        for (Row row : plan.rows()) {
            if (row.draws() > 0 && row.sequence().submission().sampling().topLogprobs() > 0) {
                return true;
            }
        }
        return false;
    }

    private MemorySegment at(int turn, long offset, int count) {
        return block.host(turn).asSlice(offset, (long) Integer.BYTES * count);
    }

    @Override
    public void close() {
        block.close();
    }
}
