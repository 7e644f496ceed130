package io.dipper.inference.host;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Whether a load is called off. The loading thread says where an interrupt may end its work: there the load
/// ends at once. Elsewhere, where an interrupt would close files in the middle of a library's start, it ends
/// after the step that it is in.
final class Cancellation {
    private @Nullable Thread interruptible;
    private boolean cancelled;

    @FunctionalInterface
    interface Work<T> {
        T run() throws IOException, InterruptedException;
    }

    /// Calls it off, for good. Does not wait.
    synchronized void cancel() {
        cancelled = true;
        if (interruptible != null) {
            interruptible.interrupt();
        }
    }

    synchronized boolean isCancelled() {
        return cancelled;
    }

    /// Does work that an interrupt may end, or its part before [#holdOff].
    ///
    /// @throws InterruptedException if it is called off already
    <T> T interruptibly(Work<T> work) throws IOException, InterruptedException {
        begin();
        try {
            return work.run();
        } finally {
            end();
        }
    }

    /// From here on no interrupt comes.
    ///
    /// @throws InterruptedException if it is called off already
    void holdOff() throws InterruptedException {
        end();
        check();
    }

    private synchronized void begin() throws InterruptedException {
        check();
        interruptible = Thread.currentThread();
    }

    private synchronized void check() throws InterruptedException {
        if (cancelled) {
            throw new InterruptedException("it was called off");
        }
    }

    /// An interrupt that came too late for the work is not to reach the next.
    private synchronized void end() {
        if (interruptible != null) {
            interruptible = null;
            if (cancelled) {
                Thread.interrupted();
            }
        }
    }
}
