package io.dipper.benchmark.results;

import org.HdrHistogram.Histogram;

/// Takes latencies and gives their distribution. Three digits hold from a microsecond to an hour.
/// Not thread-safe.
public final class LatencyRecorder {
    private static final long HOUR_US = 3_600_000_000L;

    private final Histogram micros = new Histogram(HOUR_US, 3);

    public void record(long nanos) {
        micros.recordValue(Math.clamp(nanos / 1_000, 0, HOUR_US));
    }

    public long count() {
        return micros.getTotalCount();
    }

    /// The distribution so far.
    ///
    /// @param requests that the values come from; values of one request are not independent of each
    ///     other
    public Distribution summary(long requests) {
        return Distribution.of(micros, Math.max(1, Math.min(requests, micros.getTotalCount())));
    }
}
