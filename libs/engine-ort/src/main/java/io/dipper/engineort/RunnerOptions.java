package io.dipper.engineort;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// How a runner uses its machine.
///
/// @param kvBytes most memory for keys and values, over all layers; [#WHAT_FITS], on a card, takes what
///     the rest leaves free
/// @param sequences most sequences at once; bounds the pools of groups that forget
/// @param contextTokens most tokens of a sequence, where the model takes more
/// @param maxChunkTokens most tokens of one row in one step
/// @param threads threads that a step may use, the caller's included
/// @param tap gets every logit that a step computes, for proofs; null computes none beyond the
///     sampler's need
/// @param card which of the host's cards, where the target runs on one
/// @param progress gets the bytes of weights that a card has so far, from several threads
public record RunnerOptions(
        long kvBytes,
        int sequences,
        int contextTokens,
        int maxChunkTokens,
        int threads,
        @Nullable LogitsTap tap,
        int card,
        LongConsumer progress) {
    public static final long WHAT_FITS = 0;

    private static final int FIRST_CARD = 0;
    private static final int SEQUENCES = 256;
    private static final int HOST_STEP_TOKENS = 512;

    /// Fills a card's units with products and is over in some milliseconds.
    private static final int CARD_STEP_TOKENS = 2048;

    private static final int WHOLE_CONTEXT = Integer.MAX_VALUE;

    public RunnerOptions {
        if (kvBytes < 0 || card < 0 || sequences < 1 || contextTokens < 1 || maxChunkTokens < 1 || threads < 1) {
            throw new IllegalArgumentException("runner options must be positive: " + kvBytes + " bytes, " + sequences
                    + " sequences of " + contextTokens + " tokens, " + maxChunkTokens + " a step, " + threads
                    + " threads, card " + card);
        }
    }

    public RunnerOptions(long kvBytes, int sequences, int maxChunkTokens, int threads, @Nullable LogitsTap tap) {
        this(kvBytes, sequences, WHOLE_CONTEXT, maxChunkTokens, threads, tap, FIRST_CARD, RunnerOptions::unwatched);
    }

    /// So many sequences of so many tokens, for which all room is set aside.
    public static RunnerOptions forLoad(int sequences, int contextTokens, int maxChunkTokens, int threads) {
        return new RunnerOptions(
                Long.MAX_VALUE,
                sequences,
                contextTokens,
                maxChunkTokens,
                threads,
                null,
                FIRST_CARD,
                RunnerOptions::unwatched);
    }

    /// All processors of this machine.
    public static RunnerOptions withKvBytes(long kvBytes) {
        return new RunnerOptions(kvBytes, SEQUENCES, HOST_STEP_TOKENS, processors(), null);
    }

    /// For a card: steps large enough to be worth it.
    ///
    /// @param card its number among the host's
    public static RunnerOptions onCard(int card, long kvBytes) {
        return new RunnerOptions(
                kvBytes,
                SEQUENCES,
                WHOLE_CONTEXT,
                CARD_STEP_TOKENS,
                processors(),
                null,
                card,
                RunnerOptions::unwatched);
    }

    private static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }

    RunnerOptions takingKvBytes(long bytes) {
        return new RunnerOptions(bytes, sequences, contextTokens, maxChunkTokens, threads, tap, card, progress);
    }

    public RunnerOptions withTap(LogitsTap newTap) {
        return new RunnerOptions(kvBytes, sequences, contextTokens, maxChunkTokens, threads, newTap, card, progress);
    }

    /// The same on another of the host's cards.
    public RunnerOptions withCard(int newCard) {
        return new RunnerOptions(kvBytes, sequences, contextTokens, maxChunkTokens, threads, tap, newCard, progress);
    }

    public RunnerOptions withProgress(LongConsumer newProgress) {
        return new RunnerOptions(kvBytes, sequences, contextTokens, maxChunkTokens, threads, tap, card, newProgress);
    }

    private static void unwatched(long bytes) {
        // Nobody asked.
    }
}
