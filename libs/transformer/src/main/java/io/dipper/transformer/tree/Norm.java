package io.dipper.transformer.tree;

/// Normalises a vector of `width` values.
public sealed interface Norm {
    int width();

    double epsilon();

    /// Root mean square. The factor is `weight`, `1 + weight`, or nothing.
    record Rms(int width, double epsilon, Factor factor) implements Norm {
        public Rms {
            check(width, epsilon);
        }

        public Rms(int width, double epsilon) {
            this(width, epsilon, Factor.WEIGHT);
        }
    }

    /// Mean and variance, with a weight and perhaps a bias.
    record Layer(int width, double epsilon, boolean biased) implements Norm {
        public Layer {
            check(width, epsilon);
        }
    }

    /// What the normalised value is multiplied by.
    enum Factor {
        WEIGHT,
        ONE_PLUS_WEIGHT,
        NONE
    }

    private static void check(int width, double epsilon) {
        IllFormedTree.positive("norm width", width);
        IllFormedTree.unless(epsilon >= 0 && epsilon < 1, "norm epsilon %s is outside [0, 1)", epsilon);
    }
}
