package io.dipper.inference.host;

import io.dipper.export.Target;
import io.dipper.inference.host.HostedModel.State;
import io.dipper.servicesupport.http.Readiness;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The model that this service is started with: it is asked for until it is there, since the
/// registry may come up later or still import it, and the service is ready when it serves.
public final class FirstModel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FirstModel.class);
    private static final String CONDITION = "model";
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

    private final ModelHost host;
    private final Readiness readiness;
    private final Wanted wanted;
    private final String name;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread;
    private boolean closed;

    public FirstModel(ModelHost host, Readiness readiness, String asked) {
        this.host = host;
        this.readiness = readiness;
        this.wanted = Wanted.of(asked, Target.CPU_F32);
        this.name = wanted.name();
        this.thread = Thread.ofVirtual().name("first-model").unstarted(this::ask);
    }

    /// Begins to load; returns at once.
    public void start() {
        readiness.waitFor(CONDITION, name + " is being loaded");
        host.whenChanged(this::update);
        thread.start();
    }

    /// Says whether the model still serves; asked when readiness is.
    public void update() {
        boolean serves = host.find(name).filter(HostedModel::isServing).isPresent();
        if (serves) {
            readiness.met(CONDITION);
        } else {
            readiness.waitFor(CONDITION, name + " is not served");
        }
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
    }

    private void ask() {
        Duration pause = FIRST_PAUSE;
        try {
            while (!loaded()) {
                LOG.info("{} is asked for again in {} ms", name, pause.toMillis());
                Thread.sleep(pause);
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean loaded() throws InterruptedException {
        host.load(wanted);
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
        return host.find(name).map(HostedModel::state).orElse(State.READY);
    }
}
