package io.dipper.transformer.tree;

import java.util.Optional;

/// Routed experts, all of one shape, and perhaps a feed-forward part that every token passes.
public record Experts(Router router, Gated expert, Optional<Shared> shared) implements FeedForward {
    public Experts {
        shared.ifPresent(part -> IllFormedTree.unless(
                part.expert().hidden() == expert.hidden(),
                "shared expert of width %d beside experts of width %d",
                part.expert().hidden(),
                expert.hidden()));
    }

    public Experts(Router router, Gated expert) {
        this(router, expert, Optional.empty());
    }

    @Override
    public int hidden() {
        return expert.hidden();
    }

    /// What every token passes beside its chosen experts. `scale` multiplies the sum of both parts.
    public record Shared(Gated expert, Switch gate, double scale) {
        public Shared {
            IllFormedTree.above("shared expert scale", scale, 0);
        }

        public Shared(Gated expert) {
            this(expert, Switch.NONE, 1);
        }
    }

    /// Whether the shared expert's output is multiplied by the sigmoid of a learned projection of
    /// the input.
    public enum Switch {
        NONE,
        SIGMOID
    }
}
