package io.dipper.engineort;

import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Plan;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One way of running steps on a card: the call, memory for what goes in and comes out, and the options
/// that it runs with. For steps of any size its memory grows; a captured graph's is laid out once.
final class CardStep implements AutoCloseable {
    private static final long LEAST_BYTES = 1 << 16;

    private final CudaCard card;
    private final CudaStream stream;
    private final CardCall call;
    private final RunOptions options;
    private final @Nullable LogitsTap tap;
    private final int vocabularySize;
    private final long[] marks = new long[2];
    private int turn;
    private @Nullable CardBlock block;
    private @Nullable CardDraws draws;
    private @Nullable CardLogits logits;

    CardStep(
            CudaCard card,
            CudaStream stream,
            CardCall call,
            RunOptions options,
            @Nullable LogitsTap tap,
            int vocabularySize) {
        this.card = card;
        this.stream = stream;
        this.call = call;
        this.options = options;
        this.tap = tap;
        this.vocabularySize = vocabularySize;
    }

    /// Sets all tensors for steps of these sizes.
    void layOut(List<StepField> fields, int drawn) {
        call.clear();
        long bytes = CardCall.bytes(fields);
        if (block == null || block.bytes() < bytes) {
            if (block != null) {
                block.close();
            }
            block = new CardBlock(card, Math.max(LEAST_BYTES, 2 * bytes));
        }
        call.place(fields, block);
        if (draws == null || draws.most() < drawn) {
            if (draws != null) {
                draws.close();
            }
            draws = new CardDraws(card, Math.max(1, drawn), vocabularySize);
        }
        draws.place(call, drawn);
        if (tap != null) {
            if (logits == null || logits.most() < drawn) {
                if (logits != null) {
                    logits.close();
                }
                logits = new CardLogits(card, tap, Math.max(1, drawn), vocabularySize);
            }
            logits.place(call, drawn);
        }
    }

    /// Runs the call as it is laid out, but with other options.
    void rehearse(List<StepField> fields, RunOptions others) {
        call.send(fields, laidOut(block), turn, stream);
        call.run(others);
        stream.await();
    }

    /// Queues the step: its inputs, the call, and the way back of what it draws.
    ///
    /// @param fields what the inputs hold; of a continuation all but the tokens
    /// @return the turn that [#finish] needs to know
    int start(Plan plan, List<StepField> fields) {
        turn = 1 - turn;
        call.send(fields, laidOut(block), turn, stream);
        if (plan.continues()) {
            laidOut(block)
                    .takeFrom(
                            laidOut(draws).block(),
                            (long) Integer.BYTES * plan.rows().size(),
                            stream);
        }
        call.run(options);
        laidOut(draws).fetch(plan, turn, stream);
        marks[turn] = stream.remark(marks[turn]);
        return turn;
    }

    /// Waits for a step and reads what the plan drew.
    Tokens finish(Plan plan, int ofTurn) {
        stream.await(marks[ofTurn]);
        Tokens tokens = laidOut(draws).read(plan, ofTurn);
        if (logits != null) {
            logits.tell(plan, stream);
        }
        return tokens;
    }

    private static <T> T laidOut(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("a step that was not laid out");
        }
        return part;
    }

    @Override
    public void close() {
        call.close();
        if (block != null) {
            block.close();
        }
        if (draws != null) {
            draws.close();
        }
        if (logits != null) {
            logits.close();
        }
        options.close();
        for (long mark : marks) {
            stream.forget(mark);
        }
    }
}
