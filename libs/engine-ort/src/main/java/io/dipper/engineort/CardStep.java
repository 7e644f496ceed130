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

    /// Sends the inputs and queues the step.
    void start(List<StepField> fields) {
        call.send(fields, laidOut(block), stream);
        call.run(options);
    }

    /// Waits for the step and reads what the plan drew.
    Tokens finish(Plan plan) {
        Tokens tokens = laidOut(draws).read(plan, stream);
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
    }
}
