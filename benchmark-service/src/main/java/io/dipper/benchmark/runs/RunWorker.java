package io.dipper.benchmark.runs;

import io.dipper.benchmark.load.Execution;
import io.dipper.benchmark.load.Gateway;
import io.dipper.benchmark.load.Recorder.Progress;
import io.dipper.benchmark.results.Results;
import io.dipper.benchmark.runs.RunStore.Claimed;
import io.dipper.benchmark.verdict.Judge;
import io.dipper.benchmark.verdict.Verdict;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/// Carries out queued runs, one after the other, on a thread of its own.
@Component
public class RunWorker implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(RunWorker.class);
    private static final long LOOK_SECONDS = 5;
    private static final int SAVE_ATTEMPTS = 60;

    private final RunStore store;
    private final DataSource database;
    private final Supplier<Gateway> gateways;
    private final Semaphore work = new Semaphore(0);
    private @Nullable Thread thread;
    private volatile boolean stopping;
    private volatile @Nullable Active active;

    public RunWorker(RunStore store, DataSource database, Supplier<Gateway> gateways) {
        this.store = store;
        this.database = database;
        this.gateways = gateways;
    }

    /// The run under way. Cancelling interrupts the worker only between `begin` and `end` of this
    /// run.
    private static final class Active {
        private final long id;
        private final Execution execution;
        private final Thread thread;
        private boolean cancelled;
        private boolean over;

        Active(long id, Execution execution) {
            this.id = id;
            this.execution = execution;
            this.thread = Thread.currentThread();
        }

        synchronized boolean cancel() {
            if (!over) {
                cancelled = true;
                thread.interrupt();
            }
            return !over;
        }

        /// After this no cancellation interrupts the thread any more.
        synchronized boolean endWasCancelled() {
            over = true;
            return cancelled;
        }
    }

    /// There may be a new run.
    void wake() {
        work.release();
    }

    Optional<Progress> progressOf(long id) {
        Active now = active;
        return now != null && now.id == id ? Optional.of(now.execution.progress()) : Optional.empty();
    }

    /// Whether this instance was at the run and stops now.
    boolean cancel(long id) {
        Active now = active;
        return now != null && now.id == id && now.cancel();
    }

    private void loop() {
        while (!stopping) {
            try {
                runQueued();
                if (work.tryAcquire(LOOK_SECONDS, TimeUnit.SECONDS)) {
                    work.drainPermits();
                }
            } catch (InterruptedException e) {
                // Either stopping, which the loop sees, or a cancellation that came too late.
            } catch (SQLException | DataAccessException e) {
                LOG.warn("the database does not answer, trying on: {}", e.getMessage());
                pause();
            } catch (RuntimeException e) {
                // The thread must outlive it: what was being run is found as an orphan.
                LOG.error("looking for work failed", e);
                pause();
            }
        }
    }

    private void runQueued() throws SQLException, InterruptedException {
        Optional<RunRight> taken = RunRight.tryTake(database);
        if (taken.isEmpty()) {
            return;
        }
        try (RunRight _ = taken.get()) {
            int orphans = store.abortOrphans();
            if (orphans > 0) {
                LOG.warn("{} runs were cut short by the end of this service", orphans);
            }
            for (Optional<Claimed> next = store.claim();
                    next.isPresent();
                    next = stopping ? Optional.empty() : store.claim()) {
                carryOut(next.get());
            }
        }
    }

    private void carryOut(Claimed claimed) throws InterruptedException {
        LOG.info("run {} begins: {}", claimed.id(), claimed.scenario().name());
        try (Gateway gateway = gateways.get()) {
            var execution = new Execution(claimed.scenario(), gateway);
            var now = new Active(claimed.id(), execution);
            active = now;
            Ending ending = end(claimed, execution, now);
            active = null;
            save(claimed.id(), ending);
            LOG.info("run {} is {}", claimed.id(), ending.state);
        }
    }

    private record Ending(
            RunState state,
            String message,
            @Nullable Results results,
            @Nullable Verdict verdict) {}

    private Ending end(Claimed claimed, Execution execution, Active now) {
        try {
            Results results = execution.run();
            now.endWasCancelled();
            @Nullable
            Results baseline =
                    claimed.baseline() == null ? null : claimed.baseline().results();
            return new Ending(
                    RunState.FINISHED,
                    "",
                    results,
                    Judge.judge(claimed.scenario(), results, baseline).orElse(null));
        } catch (InterruptedException e) {
            boolean cancelled = now.endWasCancelled();
            return new Ending(
                    cancelled ? RunState.CANCELLED : RunState.ABORTED,
                    cancelled ? "" : "the service was stopped during this run",
                    execution.results(),
                    null);
        } catch (IOException e) {
            now.endWasCancelled();
            return new Ending(RunState.FAILED, message(e), null, null);
        } catch (RuntimeException e) {
            now.endWasCancelled();
            LOG.error("run {} failed", claimed.id(), e);
            return new Ending(RunState.FAILED, "internal error; the service's log has it", null, null);
        }
    }

    private static String message(IOException e) {
        return e.getMessage() == null ? "the gateway cannot be reached" : e.getMessage();
    }

    /// Measured results are worth some patience with a database that is being restarted.
    private void save(long id, Ending ending) throws InterruptedException {
        boolean interrupted = Thread.interrupted();
        for (int attempt = 1; ; attempt++) {
            try {
                store.finish(id, ending.state, ending.message, ending.results, ending.verdict);
                break;
            } catch (DataAccessException e) {
                if (attempt == SAVE_ATTEMPTS || stopping) {
                    throw e;
                }
                LOG.warn("run {} cannot be stored yet: {}", id, e.getMessage());
                TimeUnit.SECONDS.sleep(1);
            }
        }
        if (interrupted && stopping) {
            throw new InterruptedException();
        }
    }

    private void pause() {
        try {
            TimeUnit.SECONDS.sleep(1);
        } catch (InterruptedException e) {
            // Stopping; the loop sees it.
        }
    }

    @Override
    public void start() {
        stopping = false;
        thread = Thread.ofPlatform().name("benchmark-runs").start(this::loop);
    }

    /// A run under way is abandoned; what it measured is stored.
    @Override
    public void stop() {
        stopping = true;
        Thread running = thread;
        if (running != null) {
            running.interrupt();
            try {
                running.join(TimeUnit.SECONDS.toMillis(20));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            thread = null;
        }
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }
}
