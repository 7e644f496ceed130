package io.dipper.transformer.tree;

/// How a mixer learns where a token stands. Learned absolute positions are part of the [Embedding],
/// so that a mixer over them has `None` here.
public sealed interface Positions {

    /// No position information in this mixer.
    record None() implements Positions {}

    /// Rotary embedding of the first `rotaryDim` values of each query and key head.
    record Rope(double theta, int rotaryDim, Pairing pairing, RopeScaling scaling) implements Positions {
        public Rope {
            IllFormedTree.above("RoPE theta", theta, 0);
            IllFormedTree.positive("rotary dimension", rotaryDim);
            IllFormedTree.unless(rotaryDim % 2 == 0, "rotary dimension %d is odd", rotaryDim);
            switch (scaling) {
                case RopeScaling.LongRope longRope ->
                    IllFormedTree.unless(
                            longRope.shortFactors().size() == rotaryDim / 2,
                            "LongRoPE has %d factors for %d pairs",
                            longRope.shortFactors().size(),
                            rotaryDim / 2);
                case RopeScaling.None _, RopeScaling.Linear _, RopeScaling.Dynamic _ -> {}
                case RopeScaling.Yarn _, RopeScaling.Llama3 _ -> {}
            }
        }

        public Rope(double theta, int rotaryDim) {
            this(theta, rotaryDim, Pairing.HALF_SPLIT, new RopeScaling.None());
        }
    }

    /// Which two values are rotated together: `i` and `i + rotaryDim / 2`, or `2i` and `2i + 1`.
    enum Pairing {
        HALF_SPLIT,
        INTERLEAVED
    }

    Positions NONE = new None();
}
