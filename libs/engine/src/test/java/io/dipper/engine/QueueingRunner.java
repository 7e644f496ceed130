package io.dipper.engine;

import io.dipper.engine.plan.Plan;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/// A [RememberingRunner] as a card would run it: steps are computed in the order in which they were
/// started, and what they drew is kept until someone asks.
final class QueueingRunner implements Runner {
    private final RememberingRunner computing;
    private final Queue<Tokens> results = new ArrayDeque<>();
    private Tokens last = Tokens.of();
    final AtomicInteger continuations = new AtomicInteger();
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
        if (plan.continues()) {
            continuations.incrementAndGet();
        }
        last = computing.run(plan, last);
        results.add(last);
    }

    @Override
    public Tokens finish(Plan plan) {
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
