package io.dipper.benchmark.runs;

/// Where a run stands.
public enum RunState {
    /// Waits for those before it.
    QUEUED,
    RUNNING,
    /// Every request ended, and there are results.
    FINISHED,
    /// Nothing could be measured; the message says why.
    FAILED,
    /// Somebody stopped it. Results are of what had ended by then.
    CANCELLED,
    /// The service ended in the middle of it.
    ABORTED;

    public boolean isOver() {
        return this != QUEUED && this != RUNNING;
    }
}
