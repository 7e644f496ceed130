package io.dipper.engine.loop;

import io.dipper.engine.DeviceFullException;
import io.dipper.engine.DeviceLostException;
import io.dipper.engine.Engine;
import io.dipper.engine.EngineLimits;
import io.dipper.engine.EngineStats;
import io.dipper.engine.Event.Failure;
import io.dipper.engine.Runner;
import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Budget;
import io.dipper.engine.plan.Plan;
import io.dipper.engine.plan.Planner;
import io.dipper.engine.plan.Row;
import io.dipper.engine.plan.Sequence;
import io.dipper.engine.plan.State;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The duty cycle of an engine. Everything here belongs to the engine's one thread, except the
/// published [#stats].
final class Loop {
    private final Runner runner;
    private final Inbox inbox;
    private final LongSupplier clock;
    private final Planner planner;
    private final State state;
    private final Retirement retirement;
    private long steps;
    private long planNs;
    private long runNs;
    private long gapNs;
    private long preempted;
    private int failuresInARow;

    /// The step that the runner computes.
    private @Nullable Plan flight;

    /// When the runner was done with the last step and had no other; 0 while it has one, or nothing is to
    /// be done.
    private long freeSinceNs;

    /// What the runner took in this round to begin steps.
    private long startingNs;

    private volatile EngineStats stats;

    Loop(Runner runner, Inbox inbox, EngineLimits limits, LongSupplier clock) {
        this.runner = runner;
        this.inbox = inbox;
        this.clock = clock;
        this.planner = new Planner(Budget.of(limits, runner.shape()));
        this.state = new State(runner.shape());
        this.retirement = new Retirement(state, inbox, clock);
        this.stats = snapshot();
    }

    /// One step; returns the tokens computed, 0 if there was nothing to do. The next step is begun before
    /// this one is waited for, where that can be.
    ///
    /// @throws DeviceLostException if there can be no further step
    int step() {
        long startNs = clock.getAsLong();
        startingNs = 0;
        if (flight == null) {
            inbox.drainTo(state);
            sweep(startNs);
            Plan plan = planner.plan(state);
            state.grant(plan, startNs);
            preempted += plan.evicted().size();
            if (plan.rows().isEmpty() || !start(plan)) {
                freeSinceNs = 0;
                stats = snapshot();
                return plan.tokens();
            }
            flight = plan;
            gapNs += freeSinceNs == 0 ? 0 : clock.getAsLong() - freeSinceNs;
            freeSinceNs = 0;
        }
        Plan running = flight;
        flight = next(running, startNs);
        finish(running, startNs + startingNs);
        stats = snapshot();
        return running.tokens();
    }

    boolean isIdle() {
        return flight == null && state.isIdle() && !inbox.hasArrivals();
    }

    /// A runner that failed several steps in a row is taken for lost.
    boolean isHealthy() {
        return failuresInARow < Engine.FAILURES_TAKEN_FOR_LOST;
    }

    /// The picture after the last step, with what has arrived since. Any thread may ask.
    EngineStats stats() {
        EngineStats last = stats;
        Inbox.Counts now = inbox.counts();
        return last.withArrivals(now.submitted(), now.promisedTokens(), now.refused());
    }

    void failAll(Failure failure, String message) {
        inbox.drainTo(state);
        for (Sequence sequence : everyone()) {
            retirement.fail(sequence, failure, message);
        }
        stats = snapshot();
    }

    /// Ends those that gave up or ran out of time, wherever they are.
    private void sweep(long nowNs) {
        for (Sequence sequence : everyone()) {
            if (sequence.outbox().isCancelled()) {
                retirement.cancel(sequence);
            } else if (isLate(sequence, nowNs)) {
                retirement.fail(sequence, Failure.DEADLINE, "the request's deadline has passed");
            }
        }
    }

    private static boolean isLate(Sequence sequence, long nowNs) {
        long deadlineNs = sequence.submission().deadlineNs();
        return deadlineNs != 0 && nowNs - deadlineNs > 0;
    }

    /// Whether the step was begun; if not, its requests have failed.
    private boolean start(Plan plan) {
        try {
            if (runner.queues()) {
                long beginNs = clock.getAsLong();
                runner.start(plan);
                long tookNs = clock.getAsLong() - beginNs;
                startingNs += tookNs;
                runNs += tookNs;
            }
            return true;
        } catch (DeviceLostException e) {
            throw e;
        } catch (RuntimeException | OutOfMemoryError e) {
            fail(plan, e);
            return false;
        }
    }

    /// Begins the running plan's continuation; null if there is none, or others want to be looked at
    /// first.
    private @Nullable Plan next(Plan running, long nowNs) {
        if (!runner.mayContinue(running) || inbox.hasArrivals()) {
            return null;
        }
        for (Row row : running.rows()) {
            if (row.sequence().outbox().isCancelled() || isLate(row.sequence(), nowNs)) {
                return null;
            }
        }
        Plan next = planner.continuation(state, running);
        if (next == null) {
            return null;
        }
        state.grant(next, nowNs);
        return start(next) ? next : null;
    }

    /// @param startNs when this round began, had the runner begun its steps in no time
    private void finish(Plan plan, long startNs) {
        long runStartNs = clock.getAsLong();
        try {
            Tokens tokens = runner.finish(plan);
            long runEndNs = clock.getAsLong();
            runNs += runEndNs - runStartNs;
            freeSinceNs = flight == null ? runEndNs : 0;
            retirement.retire(plan, tokens);
            failuresInARow = 0;
            steps++;
            planNs += runStartNs - startNs + clock.getAsLong() - runEndNs;
        } catch (DeviceLostException e) {
            throw e;
        } catch (RuntimeException | OutOfMemoryError e) {
            fail(plan, e);
        }
    }

    private void fail(Plan plan, Throwable e) {
        failuresInARow++;
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        System.getLogger(Loop.class.getName()).log(System.Logger.Level.ERROR, "a step failed", e);
        boolean full = e instanceof DeviceFullException || e instanceof OutOfMemoryError;
        for (Row row : plan.rows()) {
            if (!retirement.hasEnded(row.sequence())) {
                retirement.fail(row.sequence(), full ? Failure.OUT_OF_MEMORY : Failure.RUNNER, message);
            }
        }
    }

    private List<Sequence> everyone() {
        List<Sequence> everyone = new ArrayList<>(state.running());
        state.waiting().forEach(everyone::add);
        return everyone;
    }

    private EngineStats snapshot() {
        Inbox.Counts counts = inbox.counts();
        int running = state.running().size();
        return new EngineStats(
                running,
                counts.inside() - running,
                counts.promisedTokens(),
                state.heldBlocks(),
                state.totalBlocks(),
                state.peakBlocks(),
                counts.submitted(),
                counts.refused(),
                retirement.finished(),
                retirement.cancelled(),
                retirement.failed(),
                preempted,
                retirement.promptTokens(),
                retirement.generatedTokens(),
                steps,
                planNs,
                runNs,
                runner.layoutNs(),
                gapNs);
    }
}
