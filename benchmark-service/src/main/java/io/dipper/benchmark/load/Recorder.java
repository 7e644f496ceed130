package io.dipper.benchmark.load;

import io.dipper.benchmark.load.Outcome.Abandoned;
import io.dipper.benchmark.load.Outcome.Answered;
import io.dipper.benchmark.load.Outcome.Failed;
import io.dipper.benchmark.results.Estimate;
import io.dipper.benchmark.results.LatencyRecorder;
import io.dipper.benchmark.results.Results;
import io.dipper.benchmark.results.Results.Second;
import io.dipper.benchmark.scenario.Schedule.Planned;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Gathers outcomes as they come, from any thread.
public final class Recorder {
    private static final long SECOND_NS = 1_000_000_000L;
    /// Columns of a second's counts.
    private static final int SENT = 0;

    private static final int SUCCEEDED = 1;
    private static final int FAILED = 2;
    private static final int PIECES = 3;
    private static final int COLUMNS = 4;

    private final int scheduled;
    private final int counted;
    private final LatencyRecorder ttft = new LatencyRecorder();
    private final LatencyRecorder interToken = new LatencyRecorder();
    private final LatencyRecorder endToEnd = new LatencyRecorder();
    private final LatencyRecorder lateness = new LatencyRecorder();
    private final Map<String, Integer> errors = new TreeMap<>();
    private final List<int[]> seconds = new ArrayList<>();
    private int sent;
    private int ended;
    private int succeeded;
    private int failed;
    private long promptTokens;
    private long cachedTokens;
    private long completionTokens;
    private long lastNs;

    public Recorder(List<Planned> planned) {
        this.scheduled = planned.size();
        this.counted = (int) planned.stream().filter(Planned::counted).count();
    }

    /// How far a run is.
    ///
    /// @param ended answered or failed, warm-up included
    public record Progress(int scheduled, int sent, int ended, int failed) {}

    public synchronized Progress progress() {
        return new Progress(scheduled, sent, ended, failed);
    }

    public synchronized void sent(long atNs) {
        sent++;
        second(atNs)[SENT]++;
    }

    public synchronized void record(Planned planned, Outcome outcome) {
        switch (outcome) {
            case Answered answered -> answered(planned, answered);
            case Failed failure -> failed(planned, failure);
            case Abandoned _ -> {}
        }
    }

    private void answered(Planned planned, Answered answered) {
        long[] pieces = answered.pieceNs();
        ended++;
        lastNs = Math.max(lastNs, answered.endNs());
        second(answered.endNs())[SUCCEEDED]++;
        for (long atNs : pieces) {
            second(atNs)[PIECES]++;
        }
        if (!planned.counted()) {
            return;
        }
        succeeded++;
        promptTokens += answered.usage().promptTokens();
        cachedTokens += answered.usage().cachedTokens();
        completionTokens += answered.usage().completionTokens();
        lateness.record(answered.sentNs() - planned.atNs());
        ttft.record(pieces[0] - planned.atNs());
        endToEnd.record(answered.endNs() - planned.atNs());
        for (int i = 1; i < pieces.length; i++) {
            interToken.record(pieces[i] - pieces[i - 1]);
        }
    }

    private void failed(Planned planned, Failed failure) {
        ended++;
        lastNs = Math.max(lastNs, failure.endNs());
        second(failure.endNs())[FAILED]++;
        if (planned.counted()) {
            failed++;
            errors.merge(failure.kind(), 1, Integer::sum);
        }
    }

    /// What is known now; after the last outcome, the run's results.
    ///
    /// @param fromNs,toNs the stretch in which counted requests were sent: rates are of it
    public synchronized Results results(long fromNs, long toNs) {
        return new Results(
                new Results.Counts(scheduled, counted, succeeded, failed),
                errors,
                new Results.Tokens(promptTokens, cachedTokens, completionTokens),
                lastNs / 1e9,
                outputRate(fromNs, toNs),
                ttft.summary(succeeded),
                interToken.summary(succeeded),
                endToEnd.summary(succeeded),
                lateness.summary(succeeded),
                null,
                timeline());
    }

    /// Pieces of whole seconds between the two, scaled by the tokens that a piece stood for; over
    /// all of it where that has none.
    private Estimate outputRate(long fromNs, long toNs) {
        double tokensPerPiece =
                interToken.count() + succeeded == 0 ? 0 : (double) completionTokens / (interToken.count() + succeeded);
        int from = (int) Math.ceilDiv(fromNs, SECOND_NS);
        int to = (int) Math.min(toNs / SECOND_NS, seconds.size());
        if (to - from < 2) {
            return lastNs == 0 ? new Estimate(0, 0, null) : new Estimate(completionTokens / (lastNs / 1e9), 0, null);
        }
        double[] rates = new double[to - from];
        for (int i = 0; i < rates.length; i++) {
            rates[i] = seconds.get(from + i)[PIECES] * tokensPerPiece;
        }
        return Estimate.mean(rates);
    }

    private List<Second> timeline() {
        List<Second> timeline = new ArrayList<>(seconds.size());
        for (int i = 0; i < seconds.size(); i++) {
            int[] second = seconds.get(i);
            timeline.add(new Second(i, second[SENT], second[SUCCEEDED], second[FAILED], second[PIECES]));
        }
        return timeline;
    }

    private int[] second(long atNs) {
        int index = (int) Math.max(0, atNs / SECOND_NS);
        while (seconds.size() <= index) {
            seconds.add(new int[COLUMNS]);
        }
        return seconds.get(index);
    }
}
