package io.dipper.engine;

import io.dipper.engine.plan.Plan;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// A [RememberingRunner] as a card would run it: steps are computed in the order in which they were
/// started, and what they drew is kept until someone asks.
final class QueueingRunner implements Runner {
    private final RememberingRunner computing;
    private final Queue<Tokens> results = new ArrayDeque<>();
    private Tokens last = Tokens.of();
    static final long START_NS = 1000;
    static final long FINISH_NS = 10;

    final AtomicInteger continuations = new AtomicInteger();

    /// Stands still but for what steps take to be started and finished.
    final AtomicLong clock = new AtomicLong();
    volatile RuntimeException failure;

    QueueingRunner(RunnerShape shape, Semaphore steps) {
        this.computing = new RememberingRunner(shape, steps);
    }

    @Override
    public RunnerShape shape() {
        return computing.shape();
    }

    @Override
    public boolean queues() {
        return true;
    }

    @Override
    public boolean mayContinue(Plan started) {
        return true;
    }

    @Override
    public void start(Plan plan) {
        clock.addAndGet(START_NS);
        if (plan.continues()) {
            continuations.incrementAndGet();
        }
        last = computing.run(plan, last);
        results.add(last);
    }

    @Override
    public Tokens finish(Plan plan) {
        clock.addAndGet(FINISH_NS);
        Tokens tokens = results.remove();
        if (failure != null) {
            throw failure;
        }
        return tokens;
    }

    @Override
    public Tokens run(Plan plan) {
        throw new IllegalStateException("steps are queued");
    }

    @Override
    public void close() {
        computing.close();
    }
}
