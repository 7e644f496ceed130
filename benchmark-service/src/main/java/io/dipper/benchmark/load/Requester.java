package io.dipper.benchmark.load;

import io.dipper.benchmark.scenario.Schedule.Planned;

/// Makes one request and sees it to its end.
@FunctionalInterface
public interface Requester {
    /// Returns when the answer has ended, however it ended, and no later than the deadline.
    Outcome call(Planned planned, RunClock clock, long deadlineNs) throws InterruptedException;
}
