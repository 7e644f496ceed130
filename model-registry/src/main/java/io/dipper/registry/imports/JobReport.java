package io.dipper.registry.imports;

import io.dipper.checkpoint.CheckpointFiles;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.ProgressMeter;
import io.dipper.servicesupport.postgres.DatabaseErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/// Writes a job's state into its row. States must arrive, so a database that is away is waited for;
/// progress need not.
final class JobReport {
    private static final Logger LOG = LoggerFactory.getLogger(JobReport.class);
    private static final long PROGRESS_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(10);
    private static final long PAUSE_NS = TimeUnit.SECONDS.toNanos(1);

    /// The job belongs to somebody else now, or to nobody: whatever the worker does for it is in
    /// vain.
    static final class LostJobException extends RuntimeException {
        LostJobException(String message) {
            super(message, null, false, false);
        }
    }

    private final ImportStore store;
    private final ImportStore.Claimed job;
    private final ImportOwner owner;
    private final ProgressMeter meter;
    private String digest;

    JobReport(ImportStore store, ImportStore.Claimed job, ImportOwner owner) {
        this.store = store;
        this.job = job;
        this.owner = owner;
        this.meter = new ProgressMeter(System::nanoTime, PROGRESS_INTERVAL_NS, this::write);
    }

    void enter(ImportState state, String message) {
        if (!patiently(() -> store.advance(job.id(), owner, state, message, digest))) {
            throw new LostJobException("import " + job.id() + " is no longer ours");
        }
    }

    /// Goes into the row with the next state.
    void digest(String known) {
        digest = known;
    }

    Progress progress() {
        return meter;
    }

    /// For work that reports file by file on the checkpoint in `folder`: bytes of all of them.
    Progress summed(Path folder) throws IOException {
        long total = 0;
        for (String name : CheckpointFiles.list(folder)) {
            total += Files.size(folder.resolve(name));
        }
        return new Summed(meter, total);
    }

    /// Repeats what fails because the database does not answer.
    <T> T patiently(Supplier<T> work) {
        long deadlineNs = System.nanoTime() + PATIENCE_NS;
        while (true) {
            try {
                return work.get();
            } catch (DataAccessException | TransactionException e) {
                if (!DatabaseErrors.isAway(e) || System.nanoTime() - deadlineNs > 0) {
                    throw e;
                }
                LOG.warn("import {} waits for the database: {}", job.id(), e.getMessage());
                pause(e);
            }
        }
    }

    void patiently(Runnable work) {
        patiently(() -> {
            work.run();
            return true;
        });
    }

    private void write(ProgressMeter.Reading reading) {
        try {
            store.progress(job.id(), owner, text(reading), reading.done(), reading.total());
        } catch (DataAccessException e) {
            LOG.debug("the progress of import {} was not written", job.id(), e);
        }
    }

    private static String text(ProgressMeter.Reading reading) {
        return reading.unitsPerSecond() == 0
                ? reading.phase()
                : String.format(Locale.ROOT, "%s (%.1f MB/s)", reading.phase(), reading.unitsPerSecond() / 1e6);
    }

    private static void pause(RuntimeException failure) {
        try {
            TimeUnit.NANOSECONDS.sleep(PAUSE_NS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure;
        }
    }

    /// Adds up files that are reported on one after another.
    private static final class Summed implements Progress {
        private final Progress sum;
        private final long total;
        private String current = "";
        private long before;
        private long currentTotal;

        Summed(Progress sum, long total) {
            this.sum = sum;
            this.total = total;
        }

        @Override
        public void report(String phase, long done, long ofFile) {
            if (!phase.equals(current)) {
                before += currentTotal;
                current = phase;
                currentTotal = ofFile;
            }
            sum.report(phase, before + done, total);
        }
    }
}
