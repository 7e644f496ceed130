package io.dipper.transformer.tree;

import java.util.Optional;
import java.util.OptionalDouble;

/// `down(activation(gate(x)) * up(x))`.
///
/// With a `sparsity` s the gate's values are cut at the s-quantile of a normal distribution fitted
/// to them, before the activation. With a `clamp` it is the clamped form, see [Clamp].
public record Gated(
        int hidden,
        int intermediate,
        Activation activation,
        boolean biased,
        OptionalDouble sparsity,
        Optional<Clamp> clamp)
        implements FeedForward {

    public Gated {
        IllFormedTree.positive("hidden size", hidden);
        IllFormedTree.positive("intermediate size", intermediate);
        sparsity.ifPresent(value ->
                IllFormedTree.unless(value > 0 && value < 1, "activation sparsity %s is outside (0, 1)", value));
        IllFormedTree.unless(
                clamp.isEmpty() || activation == Activation.SILU, "only SiLU has a clamped form, not %s", activation);
    }

    public Gated(int hidden, int intermediate, Activation activation) {
        this(hidden, intermediate, activation, false, OptionalDouble.empty(), Optional.empty());
    }

    public Gated withBias() {
        return new Gated(hidden, intermediate, activation, true, sparsity, clamp);
    }

    public Gated sparse(double newSparsity) {
        return new Gated(hidden, intermediate, activation, biased, OptionalDouble.of(newSparsity), clamp);
    }

    public Gated clamped(Clamp newClamp) {
        return new Gated(hidden, intermediate, activation, biased, sparsity, Optional.of(newClamp));
    }

    /// With g = min(gate, limit) and u = up held within ±limit: `down(g * sigmoid(alpha * g) * (u +
    /// 1))`.
    public record Clamp(double limit, double alpha) {
        public Clamp {
            IllFormedTree.above("clamp limit", limit, 0);
            IllFormedTree.above("clamp alpha", alpha, 0);
        }
    }
}
