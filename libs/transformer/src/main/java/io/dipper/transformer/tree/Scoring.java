package io.dipper.transformer.tree;

import java.util.Optional;
import java.util.OptionalDouble;

/// From query and key to attention weights: scores are multiplied by `scale`, then capped, then
/// joined by the sinks.
public record Scoring(double scale, OptionalDouble softcap, Sinks sinks, Optional<Temperature> temperature) {
    public Scoring {
        IllFormedTree.above("attention scale", scale, 0);
        softcap.ifPresent(cap -> IllFormedTree.above("attention softcap", cap, 0));
    }

    /// One over the root of the head dimension.
    public static Scoring standard(int headDim) {
        return scaled(1 / Math.sqrt(headDim));
    }

    public static Scoring scaled(double scale) {
        return new Scoring(scale, OptionalDouble.empty(), Sinks.NONE, Optional.empty());
    }

    public Scoring capped(OptionalDouble newSoftcap) {
        return new Scoring(scale, newSoftcap, sinks, temperature);
    }

    public Scoring with(Sinks newSinks) {
        return new Scoring(scale, softcap, newSinks, temperature);
    }

    public Scoring with(Temperature newTemperature) {
        return new Scoring(scale, softcap, sinks, Optional.of(newTemperature));
    }

    /// A learned logit a head that takes part in the softmax and stands for no token.
    public enum Sinks {
        NONE,
        LEARNED_PER_HEAD
    }

    /// How queries grow with their position.
    public sealed interface Temperature {

        /// `1 + coefficient * ln(1 + floor((position + 1) / floor))`.
        record Floors(int floor, double coefficient) implements Temperature {
            public Floors {
                IllFormedTree.positive("temperature floor", floor);
                IllFormedTree.finite("temperature coefficient", coefficient);
            }
        }

        /// `log(position) / log(length)` beyond `length`, one before.
        record LogLength(int length) implements Temperature {
            public LogLength {
                IllFormedTree.unless(length > 1, "temperature length %d", length);
            }
        }
    }
}
