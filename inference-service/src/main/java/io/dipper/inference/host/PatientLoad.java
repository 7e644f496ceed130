package io.dipper.inference.host;

import io.dipper.inference.host.HostedModel.State;
import io.dipper.inference.host.Listeners.Listening;
import io.dipper.openaiapi.RefusedException;
import io.dipper.servicesupport.Backoff;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks a host for a model until it is there, or until somebody unloads it: the registry may come up later, or
/// still import it.
final class PatientLoad implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PatientLoad.class);

    private final ModelHost host;
    private final Wanted wanted;
    private final int tries;
    private final Asking asking;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread;
    private final List<Listening> listenings = new ArrayList<>();
    private long changes;

    /// For its turn, which any model may be in the way of.
    private volatile boolean waitsForOthers;

    private volatile boolean closed;

    /// How a host is asked for a model, if it `isAsked` for still: false says that it has to wait for a change there.
    @FunctionalInterface
    interface Asking {
        boolean ask(Wanted wanted, BooleanSupplier isAsked);
    }

    /// @param tries how often it is asked for at most
    /// @param whenDone told when it is there, or when it was asked for often enough
    PatientLoad(ModelHost host, Wanted wanted, int tries, Asking asking, Runnable whenDone) {
        this.host = host;
        this.wanted = wanted;
        this.tries = tries;
        this.asking = asking;
        this.thread = Thread.ofVirtual().name("ask-for-" + wanted.name()).unstarted(() -> {
            try {
                ask();
            } finally {
                listenings.forEach(Listening::close);
            }
            whenDone.run();
        });
    }

    /// Asks for the first time, and goes on beside the caller: who starts first gets its name.
    void start() {
        listenings.add(host.whenChanged(this::wake));
        listenings.add(host.whenUnloaded(this::cancel));
        try {
            begin();
        } finally {
            thread.start();
        }
    }

    /// Asks once; false if it has to wait.
    private boolean begin() {
        try {
            return asking.ask(wanted, () -> !closed);
        } catch (RefusedException e) {
            // Another of its name is there, which may come to nothing; or the process is to end.
            LOG.warn("{} is not loaded: {}", wanted.name(), e.getMessage());
            return true;
        }
    }

    /// Asks as soon as it may.
    private void awaitBegin() throws InterruptedException {
        waitsForOthers = true;
        long seen = changes();
        while (!begin()) {
            lock.lock();
            try {
                while (!closed && changes == seen) {
                    changed.await();
                }
                if (closed) {
                    return;
                }
                seen = changes;
            } finally {
                lock.unlock();
            }
        }
        waitsForOthers = false;
    }

    private long changes() {
        lock.lock();
        try {
            return changes;
        } finally {
            lock.unlock();
        }
    }

    private void wake(String model) {
        if (!waitsForOthers && !model.equals(wanted.name())) {
            return;
        }
        lock.lock();
        try {
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void ask() {
        var backoff = new Backoff();
        try {
            for (int i = 1; !loaded() && i < tries; i++) {
                LOG.info(
                        "{} is asked for again in {} ms",
                        wanted.name(),
                        backoff.next().toMillis());
                backoff.pause();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Whether there is no more to ask for.
    private boolean loaded() throws InterruptedException {
        awaitBegin();
        lock.lock();
        try {
            while (!closed && state() == State.LOADING) {
                changed.await();
            }
            return closed || state() != State.FAILED;
        } finally {
            lock.unlock();
        }
    }

    private State state() {
        return host.find(wanted.name()).map(HostedModel::state).orElse(State.READY);
    }

    /// The host is locked: this thread waits for it with a lock of its own, so none is taken here.
    private void cancel(String unloaded) {
        if (unloaded.equals(wanted.name())) {
            closed = true;
            thread.interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
