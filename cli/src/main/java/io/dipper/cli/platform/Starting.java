package io.dipper.cli.platform;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// What starts on a thread of its own, so that a stop during its start can close it as soon as it has started.
final class Starting<T extends AutoCloseable> {
    /// Longer than a service takes, or PostgreSQL until it gives in.
    private static final long MOST_SECONDS = 60;

    private final FutureTask<T> start;
    private final Thread thread;

    /// Begun, or stopped before it was: once only.
    private final AtomicBoolean settled = new AtomicBoolean();

    Starting(String name, Callable<T> start) {
        this.start = new FutureTask<>(start);
        this.thread = Thread.ofPlatform().name("start-" + name).daemon().unstarted(this.start);
    }

    /// When it is known who stops it. One that was stopped already never begins.
    Starting<T> begin() {
        if (settled.compareAndSet(false, true)) {
            thread.start();
        } else {
            start.cancel(false);
        }
        return this;
    }

    /// What was started.
    ///
    /// @throws CancellationException if it was stopped before it began
    /// @throws Exception what kept it from starting
    T await() throws Exception {
        try {
            return start.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /// For a start that takes back what it has begun. One that has ended is not concerned.
    void interrupt() {
        thread.interrupt();
    }

    /// That it could not start is told by who awaits it.
    void closeWhenStarted() throws Exception {
        if (settled.compareAndSet(false, true)) {
            return;
        }
        try {
            start.get(MOST_SECONDS, TimeUnit.SECONDS).close();
        } catch (ExecutionException | CancellationException _) {
            // Nothing runs that could be closed.
        }
    }
}
