package io.dipper.cli.platform;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/// What starts on a thread of its own, so that a stop during its start can close it as soon as it has started.
final class Starting<T extends AutoCloseable> {
    /// Longer than a service takes, or PostgreSQL until it gives in.
    private static final long MOST_SECONDS = 60;

    private final FutureTask<T> start;
    private final Thread thread;

    Starting(String name, Callable<T> start) {
        this.start = new FutureTask<>(start);
        this.thread = Thread.ofPlatform().name("start-" + name).daemon().start(this.start);
    }

    /// What was started.
    ///
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
        try {
            start.get(MOST_SECONDS, TimeUnit.SECONDS).close();
        } catch (ExecutionException _) {
            // Nothing runs that could be closed.
        }
    }
}
