package io.dipper.benchmark.results;

import java.util.List;
import java.util.stream.DoubleStream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// A latency's distribution, in milliseconds.
///
/// @param count of values; all else is 0 without any
/// @param curve value at each of some percentiles, for drawing
public record Distribution(
        long count,
        double meanMs,
        double minMs,
        double maxMs,
        Estimate p50Ms,
        Estimate p90Ms,
        Estimate p99Ms,
        double p999Ms,
        List<Point> curve) {
    private static final double Z = 1.96;
    private static final double[] CURVE = {
        0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 96, 97, 98, 99, 99.25, 99.5, 99.75, 99.9, 99.95, 99.99,
        100
    };

    public record Point(double percentile, double ms) {}

    public Distribution {
        curve = List.copyOf(curve);
    }

    /// Reads a histogram of microseconds.
    ///
    /// @param independent how many of its values do not depend on each other: gaps within one
    ///     answer do, answers do not
    static Distribution of(Histogram micros, long independent) {
        if (micros.getTotalCount() == 0) {
            Estimate nothing = new Estimate(0, 0, null);
            return new Distribution(0, 0, 0, 0, nothing, nothing, nothing, 0, List.of());
        }
        return new Distribution(
                micros.getTotalCount(),
                micros.getMean() / 1e3,
                micros.getMinValue() / 1e3,
                micros.getMaxValue() / 1e3,
                quantile(micros, 0.5, independent),
                quantile(micros, 0.9, independent),
                quantile(micros, 0.99, independent),
                at(micros, 99.9),
                DoubleStream.of(CURVE)
                        .mapToObj(percentile -> new Point(percentile, at(micros, percentile)))
                        .toList());
    }

    /// The ranks between which the true quantile lies do not depend on the distribution's form: the
    /// number of values below it is binomial.
    private static Estimate quantile(Histogram micros, double quantile, long independent) {
        double spread = Z * Math.sqrt(quantile * (1 - quantile) / independent);
        double low = Math.max(0, quantile - spread);
        double high = quantile + spread;
        // Past the largest value nothing was seen: the interval is open.
        @Nullable Double upper = high > 1 - 0.5 / independent ? null : at(micros, high * 100);
        return new Estimate(at(micros, quantile * 100), at(micros, low * 100), upper);
    }

    /// The fewest independent values that bound a quantile from above, by the interval of
    /// [#quantile].
    static long needed(double quantile) {
        double beyond = 1 - quantile;
        double spread = Z * Math.sqrt(quantile * beyond);
        // beyond · n − spread · √n − ½ = 0, solved for √n.
        double root = (spread + Math.sqrt(spread * spread + 2 * beyond)) / (2 * beyond);
        return (long) Math.ceil(root * root);
    }

    private static double at(Histogram micros, double percentile) {
        return micros.getValueAtPercentile(percentile) / 1e3;
    }
}
