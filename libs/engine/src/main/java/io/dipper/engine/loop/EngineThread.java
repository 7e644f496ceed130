package io.dipper.engine.loop;

import io.dipper.engine.DeviceLostException;
import io.dipper.engine.EngineLimits;
import io.dipper.engine.EngineStats;
import io.dipper.engine.Event;
import io.dipper.engine.Event.Failure;
import io.dipper.engine.Refusal;
import io.dipper.engine.Runner;
import io.dipper.engine.plan.Sequence;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The platform thread that owns a runner: steps while there is work, parks while there is none.
public final class EngineThread {
    private static final String CLOSED = "the engine was closed";

    private final Runner runner;
    private final Inbox inbox;
    private final Loop loop;
    private final Thread thread;
    private final LongSupplier clock;
    private final Duration patience;
    private final CountDownLatch drained = new CountDownLatch(1);
    private final CompletableFuture<Void> prepared = new CompletableFuture<>();
    private volatile boolean draining;
    private volatile boolean closing;
    private Runnable whenLost = () -> {};
    private volatile @Nullable String deviceLoss;
    private boolean isLost;
    private volatile boolean isAbandoned;

    /// @param patience how long the thread may take to end; what it had is ended without it then
    public EngineThread(String name, Runner runner, EngineLimits limits, LongSupplier clock, Duration patience) {
        this.runner = runner;
        this.inbox = new Inbox(runner.shape(), limits);
        this.clock = clock;
        this.patience = patience;
        this.loop = new Loop(runner, inbox, limits, clock);
        this.thread = Thread.ofPlatform().name("engine-" + name).daemon().unstarted(this::run);
    }

    /// Tells `listener` once, on the engine's thread, when the engine became unhealthy; at once if it is.
    public void whenLost(Runnable listener) {
        boolean already;
        synchronized (this) {
            whenLost = listener;
            already = isLost;
        }
        if (already) {
            listener.run();
        }
    }

    /// Starts the thread and waits until the runner is prepared.
    ///
    /// @throws RuntimeException why it could not be; the runner is closed then
    public void start() {
        thread.start();
        try {
            prepared.join();
        } catch (CompletionException e) {
            close();
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /// Null if the sequence was taken.
    public @Nullable Refusal offer(Sequence sequence) {
        Refusal refusal = inbox.offer(sequence);
        if (refusal == null) {
            wake();
        }
        return refusal;
    }

    public void wake() {
        LockSupport.unpark(thread);
    }

    public EngineStats stats() {
        return loop.stats();
    }

    public boolean isHealthy() {
        return thread.isAlive() && deviceLoss == null && loop.isHealthy();
    }

    /// Null while the device is not lost.
    public @Nullable String deviceLoss() {
        return deviceLoss;
    }

    /// Does not wait, but sees to it that all end: the thread may hang in a call on what is lost.
    public void loseDevice(String message) {
        deviceLoss = message;
        stop();
        Thread.ofPlatform().name("end-of-" + thread.getName()).daemon().start(this::awaitEnd);
    }

    public boolean drain(Duration limit) throws InterruptedException {
        inbox.drain();
        draining = true;
        wake();
        return drained.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    /// Waits for the thread's end. One that hangs is left behind; should it come back, it closes its runner.
    public void close() {
        stop();
        awaitEnd();
    }

    private void stop() {
        inbox.close();
        closing = true;
        wake();
    }

    private void awaitEnd() {
        long endNs = System.nanoTime() + patience.toNanos();
        boolean interrupted = false;
        while (thread.isAlive() && !isAbandoned) {
            try {
                if (!thread.join(Duration.ofNanos(endNs - System.nanoTime()))) {
                    abandon();
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// Ends in the thread's stead what it has, once for all who wait. The inbox is closed: nothing comes after.
    private synchronized void abandon() {
        if (isAbandoned) {
            return;
        }
        System.getLogger(EngineThread.class.getName())
                .log(System.Logger.Level.ERROR, "{0} does not end and is left behind", thread.getName());
        String lost = deviceLoss;
        for (Sequence sequence : inbox.inside()) {
            // The tokens are counted by the thread that hangs: as of its last step.
            var usage = sequence.usage(clock.getAsLong());
            sequence.outbox()
                    .abandon(
                            lost == null
                                    ? new Event.Failed(Failure.CLOSED, CLOSED, usage)
                                    : new Event.Failed(Failure.DEVICE_LOST, lost, usage));
        }
        drained.countDown();
        isAbandoned = true;
    }

    private void run() {
        String end = CLOSED;
        try {
            runner.prepare();
            prepared.complete(null);
            while (!closing) {
                int computed = loop.step();
                if (!loop.isHealthy()) {
                    tellLoss();
                }
                if (computed == 0 && loop.isIdle()) {
                    if (draining) {
                        drained.countDown();
                    }
                    LockSupport.park(this);
                }
            }
        } catch (DeviceLostException e) {
            deviceLoss = e.getMessage();
            prepared.completeExceptionally(e);
            System.getLogger(EngineThread.class.getName()).log(System.Logger.Level.ERROR, "the device is lost", e);
            tellLoss();
        } catch (RuntimeException | Error e) {
            end = "the engine stopped: " + e.getMessage();
            prepared.completeExceptionally(e);
            System.getLogger(EngineThread.class.getName()).log(System.Logger.Level.ERROR, "the engine stopped", e);
            tellLoss();
        } finally {
            inbox.close();
            end(end);
        }
    }

    private void end(String message) {
        String lost = deviceLoss;
        if (lost == null) {
            loop.failAll(Failure.CLOSED, message);
            drained.countDown();
            runner.close();
        } else {
            loop.failAll(Failure.DEVICE_LOST, lost);
            drained.countDown();
        }
    }

    private void tellLoss() {
        Runnable listener;
        synchronized (this) {
            if (isLost) {
                return;
            }
            isLost = true;
            listener = whenLost;
        }
        listener.run();
    }
}
