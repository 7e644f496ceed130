package io.dipper.benchmark.load;

import java.util.concurrent.locks.LockSupport;

/// Time since a run began, by the clock that never jumps.
public final class RunClock {
    private final long startNs = System.nanoTime();

    public long nowNs() {
        return System.nanoTime() - startNs;
    }

    /// Returns at once where the instant has passed.
    public void sleepUntil(long atNs) throws InterruptedException {
        for (long leftNs = atNs - nowNs(); leftNs > 0; leftNs = atNs - nowNs()) {
            LockSupport.parkNanos(this, leftNs);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }
}
