package io.dipper.benchmark.load;

import io.dipper.benchmark.load.Outcome.Abandoned;
import io.dipper.benchmark.load.Outcome.Failed;
import io.dipper.benchmark.scenario.Schedule;
import io.dipper.benchmark.scenario.Schedule.Planned;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Sends requests when they are due, whatever became of the earlier ones. A request that must wait
/// for a free stream waits on the clock: its latency counts from the instant it was due, so a slow
/// server cannot hide behind requests that were never made.
public final class LoadGenerator {
    private final Requester requester;
    private final Semaphore streams;
    private final long timeoutNs;

    public LoadGenerator(Requester requester, int maxStreams, Duration timeout) {
        this.requester = requester;
        this.streams = new Semaphore(maxStreams, true);
        this.timeoutNs = timeout.toNanos();
    }

    /// Returns when every request has ended. An interrupt hangs up on those under way.
    public void run(Schedule schedule, RunClock clock, Recorder recorder) throws InterruptedException {
        ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
        try {
            for (Planned planned : schedule.requests()) {
                clock.sleepUntil(planned.atNs());
                requests.execute(() -> recorder.record(planned, call(planned, clock, recorder)));
            }
            requests.shutdown();
            // Each request keeps its own deadline, so this ends.
            boolean ended = false;
            while (!ended) {
                ended = requests.awaitTermination(1, TimeUnit.MINUTES);
            }
        } finally {
            requests.shutdownNow();
        }
    }

    private Outcome call(Planned planned, RunClock clock, Recorder recorder) {
        long deadlineNs = planned.atNs() + timeoutNs;
        try {
            if (!streams.tryAcquire(deadlineNs - clock.nowNs(), TimeUnit.NANOSECONDS)) {
                long nowNs = clock.nowNs();
                return new Failed("timeout", nowNs, nowNs, 0);
            }
            try {
                recorder.sent(clock.nowNs());
                return requester.call(planned, clock, deadlineNs);
            } finally {
                streams.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Abandoned();
        }
    }
}
