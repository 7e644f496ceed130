package io.dipper.transformer.tree;

import java.util.OptionalDouble;

/// Chooses `used` of `experts` for a token and says how their outputs are weighed.
///
/// A score per expert comes from the router's logits; experts are chosen by score plus
/// `correction`; their weights are the scores without it, made to sum to one where `weights` says
/// so, and multiplied by `scaling`.
public record Router(
        int experts,
        int used,
        Score score,
        Correction correction,
        Groups groups,
        Weights weights,
        double scaling,
        boolean biased,
        OptionalDouble softcap,
        Side side) {

    public Router {
        IllFormedTree.positive("expert count", experts);
        IllFormedTree.unless(used > 0 && used <= experts, "%d of %d experts cannot be used", used, experts);
        IllFormedTree.unless(experts % groups.count() == 0, "%d experts in %d groups", experts, groups.count());
        IllFormedTree.unless(
                used <= groups.chosen() * (experts / groups.count()),
                "%d experts from %d groups of %d",
                used,
                groups.chosen(),
                experts / groups.count());
        IllFormedTree.above("routed scaling", scaling, 0);
        softcap.ifPresent(cap -> IllFormedTree.above("router softcap", cap, 0));
    }

    public static Router of(int experts, int used, Score score, Weights weights) {
        return new Router(
                experts,
                used,
                score,
                Correction.NONE,
                Groups.ONE,
                weights,
                1,
                false,
                OptionalDouble.empty(),
                Side.OUTPUT);
    }

    public Router with(Correction newCorrection) {
        return new Router(experts, used, score, newCorrection, groups, weights, scaling, biased, softcap, side);
    }

    public Router with(Groups newGroups) {
        return new Router(experts, used, score, correction, newGroups, weights, scaling, biased, softcap, side);
    }

    public Router with(Side newSide) {
        return new Router(experts, used, score, correction, groups, weights, scaling, biased, softcap, newSide);
    }

    public Router withBias() {
        return new Router(experts, used, score, correction, groups, weights, scaling, true, softcap, side);
    }

    public Router scaled(double newScaling) {
        return new Router(experts, used, score, correction, groups, weights, newScaling, biased, softcap, side);
    }

    public Router capped(double cap) {
        return new Router(
                experts, used, score, correction, groups, weights, scaling, biased, OptionalDouble.of(cap), side);
    }

    /// From logits to scores.
    public enum Score {
        /// Over all experts, before the choice.
        SOFTMAX,
        /// Over the chosen experts' logits, after the choice.
        SOFTMAX_OF_CHOSEN,
        SIGMOID
    }

    /// A stored term that takes part in the choice but not in the weights.
    public enum Correction {
        NONE,
        STORED_PER_EXPERT
    }

    /// Whether the chosen experts' weights are divided by their sum.
    public enum Weights {
        AS_SCORED,
        SUM_TO_ONE
    }

    /// Whether an expert's weight multiplies its output or its input.
    public enum Side {
        OUTPUT,
        INPUT
    }

    /// Experts are cut into `count` equal runs, of which the best `chosen` stay eligible.
    public record Groups(int count, int chosen, Rank rank) {
        public static final Groups ONE = new Groups(1, 1, Rank.BEST_SCORE);

        public Groups {
            IllFormedTree.positive("expert group count", count);
            IllFormedTree.unless(chosen > 0 && chosen <= count, "%d of %d expert groups", chosen, count);
        }

        /// What a group counts for: its best expert, or its two best together.
        public enum Rank {
            BEST_SCORE,
            SUM_OF_TWO_BEST
        }
    }
}
