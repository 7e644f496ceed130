package io.dipper.engine;

import io.dipper.engine.loop.EngineThread;
import io.dipper.engine.plan.Sequence;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Continuous batching over one [Runner]: many threads submit, one thread computes.
///
/// Each accepted submission ends in exactly one [Event.End]. Cancelled, late and unread requests
/// are freed within a step. The engine owns the runner and closes it.
public final class Engine implements AutoCloseable {
    /// Failed steps in a row after which the engine calls itself unhealthy.
    public static final int FAILURES_TAKEN_FOR_LOST = 3;

    /// How long its thread may take to end: longer than a step, and calls on a lost device end at once.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /// The same on processors, where a prompt's step can take long, and nothing is lost.
    private static final Duration PATIENCE_ON_HOST = Duration.ofSeconds(15);

    private final RunnerShape shape;
    private final String device;
    private final EngineLimits limits;
    private final LongSupplier clock;
    private final EngineThread thread;

    public Engine(String name, Runner runner, EngineLimits limits) {
        this(name, runner, limits, System::nanoTime, patienceWith(runner));
    }

    /// With a clock of the caller.
    ///
    /// @param clock nanoseconds, monotonic
    public Engine(String name, Runner runner, EngineLimits limits, LongSupplier clock) {
        this(name, runner, limits, clock, patienceWith(runner));
    }

    Engine(String name, Runner runner, EngineLimits limits, LongSupplier clock, Duration patience) {
        this.shape = runner.shape();
        this.device = runner.device();
        this.limits = limits;
        this.clock = clock;
        this.thread = new EngineThread(name, runner, limits, clock, patience);
        thread.start();
    }

    private static Duration patienceWith(Runner runner) {
        return runner.device().equals(Runner.HOST) ? PATIENCE_ON_HOST : PATIENCE;
    }

    public RunnerShape shape() {
        return shape;
    }

    public EngineLimits limits() {
        return limits;
    }

    /// Never blocks. Any thread may call it.
    public Submitted submit(Submission submission) {
        var outbox = new Outbox(limits.outboxEvents(), thread::wake);
        var refusal = thread.offer(new Sequence(submission, outbox, clock.getAsLong()));
        return refusal == null ? new Submitted.Accepted(outbox) : new Submitted.Refused(refusal);
    }

    public EngineStats stats() {
        return thread.stats();
    }

    /// Tells `listener` once when the engine became unhealthy, at once if it is already. It must not wait, nor close
    /// the engine.
    public void whenLost(Runnable listener) {
        thread.whenLost(listener);
    }

    /// The runner's device was lost under somebody else: fails all that is left as [Event.Failure#DEVICE_LOST]
    /// and stops, without a wait and without another call of the runner. Where one hangs that was made before, the
    /// end follows some seconds later. Any thread may call it.
    public void loseDevice(String message) {
        thread.loseDevice(message);
    }

    /// What is known of the loss of the runner's device; null while it is not lost to this process.
    public @Nullable String deviceLoss() {
        return thread.deviceLoss();
    }

    public boolean isDeviceLost() {
        return deviceLoss() != null;
    }

    /// Where its runner lives, see [Runner#device].
    public String device() {
        return device;
    }

    /// Whether its thread lives and steps succeed.
    public boolean isHealthy() {
        return thread.isHealthy();
    }

    /// Takes nothing new and waits until what it has is done.
    ///
    /// @return whether all ended in time
    public boolean drain(Duration limit) throws InterruptedException {
        return thread.drain(limit);
    }

    /// Fails what is left and closes the runner; where a call of the runner hangs, what is left fails some seconds
    /// later, and the runner stays open. May be called twice.
    @Override
    public void close() {
        thread.close();
    }
}
