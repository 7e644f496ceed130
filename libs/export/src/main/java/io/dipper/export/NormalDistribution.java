package io.dipper.export;

/// The normal distribution of mean 0 and deviation 1.
final class NormalDistribution {
    private static final int MOST_STEPS = 200;

    private NormalDistribution() {}

    /// Below which value a share of all values lies.
    static double quantile(double share) {
        if (!(share > 0 && share < 1)) {
            throw new IllegalArgumentException("share " + share + " is outside (0, 1)");
        }
        if (share < 0.5) {
            return -quantile(1 - share);
        }
        // From 0 on the distribution's curve bends down, so Newton's steps come up to the root and never pass it.
        double x = 0;
        for (int step = 0; step < MOST_STEPS; step++) {
            double missing = (share - upTo(x)) / density(x);
            x += missing;
            if (Math.abs(missing) < 1e-14 * (1 + x)) {
                break;
            }
        }
        return x;
    }

    /// The share of values below `x`, which is not below 0: a series of positive terms.
    private static double upTo(double x) {
        double term = x;
        double sum = x;
        for (int k = 3; term > 1e-18 * sum; k += 2) {
            term *= x * x / k;
            sum += term;
        }
        return 0.5 + density(x) * sum;
    }

    private static double density(double x) {
        return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }
}
