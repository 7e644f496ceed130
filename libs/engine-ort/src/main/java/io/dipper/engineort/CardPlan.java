package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.operators.cuda.CudaCard;
import java.util.Locale;

/// The bytes that a card must have free for a model, before any of them is taken.
///
/// @param workspace for what nodes hand to one another, the operators' scratch and the libraries' own
record CardPlan(long weights, long keysAndValues, long workspace) {
    private static final System.Logger LOG = System.getLogger(CardPlan.class.getName());

    /// For exports that do not say what a step takes: scratch and cuBLAS's workspace, the runtime's own handles,
    /// kernels' code and captured graphs.
    private static final long FIXED_BYTES = 384L << 20;

    /// For them too: values of the widest layers that a token has at once, as multiples of the hidden size.
    private static final long WIDTHS = 24;

    /// What stays free for others, where we may take what we like: a part, and no more than so much.
    private static final int KEPT_FREE = 10;

    private static final long MOST_KEPT_FREE = 2L << 30;

    static CardPlan of(Manifest manifest, RunnerOptions options, Placement placement) {
        long weights = manifest.tensors().stream()
                .filter(tensor -> tensor.place() == Manifest.Place.DEVICE)
                .mapToLong(Manifest.Tensor::bytes)
                .sum();
        return new CardPlan(weights, KvPools.bytes(manifest, options, placement), workspace(manifest, options));
    }

    /// What is taken beside weights, keys and values.
    static long workspace(Manifest manifest, RunnerOptions options) {
        if (manifest.step().known()) {
            return manifest.step().bytes(options.maxChunkTokens(), options.sequences());
        }
        long activations = WIDTHS * Float.BYTES * manifest.hiddenSize() * options.maxChunkTokens();
        long logits = (long) Float.BYTES * manifest.vocabularySize() * options.sequences();
        return FIXED_BYTES + activations + 2 * logits;
    }

    /// The options with a share for keys and values that fits; says what it leaves.
    ///
    /// @throws IllegalArgumentException if what they ask for does not fit, saying what would
    static RunnerOptions settle(Manifest manifest, RunnerOptions options, Placement placement, CudaCard card) {
        var room = new Room(card.description(), card.freeBytesAtOpening());
        RunnerOptions settled = room.share(manifest, options, placement);
        LOG.log(System.Logger.Level.INFO, room.fitting(of(manifest, settled, placement)));
        return settled;
    }

    /// What a card has free.
    record Room(String card, long freeBytes) {
        RunnerOptions share(Manifest manifest, RunnerOptions options, Placement placement) {
            CardPlan plan = of(manifest, options.takingKvBytes(wanted(options)), placement);
            long left = freeBytes - plan.weights - plan.workspace;
            if (options.kvBytes() != RunnerOptions.WHAT_FITS) {
                if (plan.total() > freeBytes) {
                    throw tooMuch(plan, manifest, options, placement);
                }
                return options;
            }
            long share = left - Math.min(left / KEPT_FREE, MOST_KEPT_FREE);
            if (KvPools.capacity(manifest, options.takingKvBytes(Math.max(1, share)), placement)
                    .isEmpty()) {
                throw tooMuch(plan, manifest, options, placement);
            }
            return options.takingKvBytes(share);
        }

        private static long wanted(RunnerOptions options) {
            return options.kvBytes() == RunnerOptions.WHAT_FITS ? Long.MAX_VALUE : options.kvBytes();
        }

        String fitting(CardPlan plan) {
            return "fits on %s, leaves %s: weights %s, keys and values %s, workspace %s of %s free"
                    .formatted(
                            card,
                            gib(freeBytes - plan.total()),
                            gib(plan.weights),
                            gib(plan.keysAndValues),
                            gib(plan.workspace),
                            gib(freeBytes));
        }

        private IllegalArgumentException tooMuch(
                CardPlan plan, Manifest manifest, RunnerOptions options, Placement placement) {
            long left = freeBytes - plan.weights - plan.workspace;
            String would = KvPools.capacity(manifest, options.takingKvBytes(Math.max(1, left)), placement)
                    .map(capacity -> "would up to " + capacity + " (keys and values of " + gib(left) + ")")
                    .orElse("would with no keys and values at all, or not even so");
            boolean allThatFits = options.kvBytes() == RunnerOptions.WHAT_FITS;
            return new IllegalArgumentException("does not fit on %s: weights %s%s and workspace %s, %s free; %s"
                    .formatted(
                            card,
                            gib(plan.weights),
                            allThatFits ? "" : ", keys and values " + gib(plan.keysAndValues),
                            gib(plan.workspace),
                            gib(freeBytes),
                            would));
        }
    }

    long total() {
        return weights + keysAndValues + workspace;
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.2f GiB", bytes * 0x1p-30);
    }
}
