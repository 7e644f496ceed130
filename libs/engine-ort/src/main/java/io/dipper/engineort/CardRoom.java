package io.dipper.engineort;

import io.dipper.operators.cuda.CudaCard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Memory for what goes into steps and comes out of them, on a card. Steps of which one begins when the
/// others are finished may share it.
final class CardRoom implements AutoCloseable {
    private final CudaCard card;
    private final @Nullable LogitsTap tap;
    private final int vocabularySize;
    private @Nullable CardBlock block;
    private @Nullable CardDraws draws;
    private @Nullable CardLogits logits;

    CardRoom(CudaCard card, @Nullable LogitsTap tap, int vocabularySize) {
        this.card = card;
        this.tap = tap;
        this.vocabularySize = vocabularySize;
    }

    /// Sets a call's tensors for a step of these sizes. What is too small is replaced: captured graphs that
    /// share it must be captured the largest first.
    void place(CardCall call, List<StepField> fields, int drawn) {
        long bytes = CardCall.bytes(fields);
        if (block == null || block.bytes() < bytes) {
            long wanted = block == null ? bytes : 2 * bytes;
            if (block != null) {
                block.close();
                block = null;
            }
            block = new CardBlock(card, wanted);
        }
        call.place(fields, block);
        if (draws == null || draws.most() < drawn) {
            if (draws != null) {
                draws.close();
                draws = null;
            }
            draws = new CardDraws(card, Math.max(1, drawn), vocabularySize);
        }
        draws.place(call, drawn);
        if (tap != null) {
            if (logits == null || logits.most() < drawn) {
                if (logits != null) {
                    logits.close();
                    logits = null;
                }
                logits = new CardLogits(card, tap, Math.max(1, drawn), vocabularySize);
            }
            logits.place(call, drawn);
        }
    }

    CardBlock block() {
        return laidOut(block);
    }

    CardDraws draws() {
        return laidOut(draws);
    }

    /// Null where nobody wants to see them.
    @Nullable
    CardLogits logits() {
        return logits;
    }

    private static <T> T laidOut(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("a step that was not laid out");
        }
        return part;
    }

    @Override
    public void close() {
        if (block != null) {
            block.close();
        }
        if (draws != null) {
            draws.close();
        }
        if (logits != null) {
            logits.close();
        }
    }
}
