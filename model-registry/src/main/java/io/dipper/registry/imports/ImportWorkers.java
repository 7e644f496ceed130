package io.dipper.registry.imports;

import io.dipper.registry.imports.JobReport.LostJobException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// The threads that work on imports. Hashing and exporting keep a processor busy, so these are
/// threads of their own and not virtual ones, whose few carriers the requests need.
final class ImportWorkers implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(ImportWorkers.class);
    private static final int WORKERS = 2;
    private static final int MAX_ATTEMPTS = 5;
    private static final long LOOK_MS = 2_000;
    private static final long RENEW_MS = 5_000;
    private static final long STOP_MS = 10_000;

    private final ImportStore store;
    private final ImportTask.Tools tools;
    private final Semaphore news = new Semaphore(0);
    private final List<Thread> threads = new ArrayList<>();
    private final ImportOwner owner = ImportOwner.ofThisProcess();
    private final Set<Long> inHand = ConcurrentHashMap.newKeySet();
    private volatile boolean running;

    ImportWorkers(ImportStore store, ImportTask.Tools tools) {
        this.store = store;
        this.tools = tools;
    }

    @Override
    public void start() {
        running = true;
        store.freeFromTheDead();
        for (int i = 0; i < WORKERS; i++) {
            threads.add(Thread.ofPlatform().name("import-" + i).daemon().start(this::work));
        }
        threads.add(Thread.ofVirtual().name("import-leases").start(this::renew));
    }

    /// Unfinished jobs stay as they are: the next start, or another registry, goes on with them.
    @Override
    public void stop() {
        running = false;
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            try {
                thread.join(STOP_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        threads.clear();
        try {
            store.release(owner);
        } catch (RuntimeException e) {
            LOG.info("unfinished imports were not released, their leases will run out: {}", e.getMessage());
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /// There may be something to do.
    void wake() {
        news.release();
    }

    private void work() {
        while (running) {
            try {
                Optional<ImportStore.Claimed> job = store.claim(owner);
                if (job.isPresent()) {
                    work(job.get());
                } else if (news.tryAcquire(LOOK_MS, TimeUnit.MILLISECONDS)) {
                    news.drainPermits();
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.warn("looking for imports failed, trying on: {}", e.getMessage());
                pause();
            }
        }
    }

    private void work(ImportStore.Claimed job) {
        var report = new JobReport(store, job, owner);
        LOG.info("import {} of {} from {}, attempt {}", job.id(), job.name(), job.source(), job.attempt());
        inHand.add(job.id());
        try {
            if (job.attempt() > MAX_ATTEMPTS) {
                throw new ImportRefusedException("the registry ended " + MAX_ATTEMPTS + " times while importing this");
            }
            new ImportTask(job, report, tools).run();
            LOG.info("import {} of {} is ready", job.id(), job.name());
        } catch (LostJobException e) {
            LOG.warn(e.getMessage());
        } catch (ImportRefusedException | IOException e) {
            fail(report, job, e, e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.error("import {} failed", job.id(), e);
            fail(report, job, e, "internal error: " + e);
        } finally {
            inHand.remove(job.id());
            wake(); // the next import of this name may begin
        }
    }

    private void fail(JobReport report, ImportStore.Claimed job, Throwable failure, String message) {
        if (!running) {
            return; // whatever happened, it happened because we are going
        }
        LOG.warn("import {} of {} failed: {}", job.id(), job.name(), message);
        try {
            report.enter(ImportState.FAILED, message == null ? failure.toString() : message);
        } catch (RuntimeException e) {
            LOG.warn("the failure of import {} could not be recorded", job.id(), e);
        }
    }

    private void renew() {
        while (running) {
            try {
                TimeUnit.MILLISECONDS.sleep(RENEW_MS);
                store.renew(owner, List.copyOf(inHand));
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.debug("leases of imports were not renewed", e);
            }
        }
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
