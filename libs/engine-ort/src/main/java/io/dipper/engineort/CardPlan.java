package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.operators.cuda.CudaCard;

/// The bytes that a card must have free for a model, before any of them is taken.
///
/// @param workspace for what nodes hand to one another, the operators' scratch and the libraries' own
record CardPlan(long weights, long keysAndValues, long workspace) {
    /// Scratch and cuBLAS's workspace, the runtime's own handles, kernels' code and captured graphs.
    private static final long FIXED_BYTES = 384L << 20;

    /// Values of the widest layers that a token has at once, as multiples of the hidden size.
    private static final long WIDTHS = 24;

    /// What stays free for others, where we may take what we like: a part, and no more than so much.
    private static final int KEPT_FREE = 10;

    private static final long MOST_KEPT_FREE = 2L << 30;

    static CardPlan of(Manifest manifest, RunnerOptions options, Placement placement) {
        long weights = manifest.tensors().stream()
                .filter(tensor -> tensor.place() == Manifest.Place.DEVICE)
                .mapToLong(Manifest.Tensor::bytes)
                .sum();
        long activations = WIDTHS * Float.BYTES * manifest.hiddenSize() * options.maxChunkTokens();
        long logits = (long) Float.BYTES * manifest.vocabularySize() * options.sequences();
        return new CardPlan(
                weights, KvPools.bytes(manifest, options, placement), FIXED_BYTES + activations + 2 * logits);
    }

    /// The options with a share for keys and values that fits.
    ///
    /// @throws IllegalArgumentException if what they ask for does not
    static RunnerOptions settle(Manifest manifest, RunnerOptions options, Placement placement, CudaCard card) {
        if (options.kvBytes() != RunnerOptions.WHAT_FITS) {
            of(manifest, options, placement).require(card);
            return options;
        }
        CardPlan least = of(manifest, options.takingKvBytes(Long.MAX_VALUE), placement);
        long left = card.freeBytes() - least.weights - least.workspace;
        long reserve = Math.min(left / KEPT_FREE, MOST_KEPT_FREE);
        RunnerOptions settled = options.takingKvBytes(Math.max(1, left - reserve));
        of(manifest, settled, placement).require(card);
        return settled;
    }

    long total() {
        return weights + keysAndValues + workspace;
    }

    /// @throws IllegalArgumentException if the card has less free
    void require(CudaCard card) {
        long free = card.freeBytes();
        if (total() > free) {
            throw new IllegalArgumentException(
                    "does not fit on %s: weights %s, keys and values %s and workspace %s are %s, the card has %s free%s"
                            .formatted(
                                    card.description(),
                                    gib(weights),
                                    gib(keysAndValues),
                                    gib(workspace),
                                    gib(total()),
                                    gib(free),
                                    advice(free)));
        }
    }

    private String advice(long free) {
        long left = free - weights - workspace;
        return left > 0 ? "; keys and values of up to " + gib(left) + " would fit" : "";
    }

    private static String gib(long bytes) {
        return "%.2f GiB".formatted(bytes * 0x1p-30);
    }
}
