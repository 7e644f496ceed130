package io.dipper.benchmark.results;

import org.jspecify.annotations.Nullable;

/// A measured value and the 95 % interval in which the true one lies.
///
/// @param high null where so few requests were made that nothing bounds it
public record Estimate(double value, double low, @Nullable Double high) {
    private static final double Z = 1.96;

    /// Exactly known.
    public static Estimate exact(double value) {
        return new Estimate(value, value, value);
    }

    public double highOrInfinite() {
        return high == null ? Double.POSITIVE_INFINITY : high;
    }

    /// A share of `trials`, by Wilson's interval: it is sound for no failure among few requests,
    /// too.
    public static Estimate share(long hits, long trials) {
        if (trials == 0) {
            return new Estimate(0, 0, null);
        }
        double share = (double) hits / trials;
        double z2 = Z * Z;
        double middle = (share + z2 / (2 * trials)) / (1 + z2 / trials);
        double half = Z / (1 + z2 / trials) * Math.sqrt(share * (1 - share) / trials + z2 / (4.0 * trials * trials));
        return new Estimate(share, hits == 0 ? 0 : Math.max(0, middle - half), Math.min(1, middle + half));
    }

    /// The mean of values that belong to equal stretches of time.
    public static Estimate mean(double[] values) {
        int count = values.length;
        if (count == 0) {
            return new Estimate(0, 0, null);
        }
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        double mean = sum / count;
        if (count == 1) {
            return new Estimate(mean, 0, null);
        }
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        double half = studentT(count - 1) * Math.sqrt(squares / (count - 1) / count);
        return new Estimate(mean, Math.max(0, mean - half), mean + half);
    }

    /// Two-sided 95 % point of Student's t: exact for few degrees of freedom, by its expansion for
    /// more.
    private static double studentT(int freedom) {
        double[] exact = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
        if (freedom <= exact.length) {
            return exact[freedom - 1];
        }
        return Z + (Z * Z * Z + Z) / (4.0 * freedom) + 0.18 / freedom;
    }
}
