package io.dipper.checkpoint;

import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Thins out reports for a reader (a person, a row in a database) and adds the rate. The first
/// report of a phase and its last always pass; between them at most one an interval. For one thread
/// at a time.
public final class ProgressMeter implements Progress {
    /// How much of the rate's memory one interval replaces.
    private static final double FRESH_SHARE = 0.3;

    /// A report that passed, with the rate: smoothed, 0 while it is not known.
    public record Reading(String phase, long done, long total, double unitsPerSecond) {}

    private final LongSupplier nanoClock;
    private final long intervalNs;
    private final Consumer<Reading> reader;
    private String phase = "";
    private long passedNs;
    private long passedDone;
    private double rate;

    public ProgressMeter(LongSupplier nanoClock, long intervalNs, Consumer<Reading> reader) {
        this.nanoClock = nanoClock;
        this.intervalNs = intervalNs;
        this.reader = reader;
    }

    @Override
    public void report(String reported, long done, long total) {
        long nowNs = nanoClock.getAsLong();
        boolean begins = !reported.equals(phase);
        long elapsedNs = nowNs - passedNs;
        if (!begins && done < total && elapsedNs < intervalNs) {
            return;
        }
        // A repeated download starts over: a rate below zero would tell nobody anything.
        boolean measurable = !phase.isEmpty() && elapsedNs > 0 && done >= passedDone;
        if (measurable && !begins) {
            double fresh = (done - passedDone) * 1e9 / elapsedNs;
            rate = rate == 0 ? fresh : rate + FRESH_SHARE * (fresh - rate);
        }
        phase = reported;
        passedNs = nowNs;
        passedDone = done;
        reader.accept(new Reading(reported, done, total, rate));
    }
}
