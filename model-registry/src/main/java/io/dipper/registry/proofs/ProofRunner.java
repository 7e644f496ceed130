package io.dipper.registry.proofs;

import io.dipper.registry.catalogue.ModelFolders;
import io.dipper.registry.endpoints.EndpointStore;
import io.dipper.servicesupport.registry.EndpointLease;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// Has exports proven, one at a time, whenever an inference-service is there to do it. Nothing
/// waits for this: an unproven export can be served, one that was found wrong cannot.
final class ProofRunner implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(ProofRunner.class);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofMinutes(1);

    private static final Duration LONGEST_PAUSE = Duration.ofDays(1);
    private static final int MOST_DOUBLINGS = 11;

    private final ProofStore store;
    private final EndpointStore endpoints;
    private final ModelFolders folders;
    private final Prover prover;
    private final ProofSettings settings;
    private Thread thread;
    private volatile boolean running;

    ProofRunner(
            ProofStore store, EndpointStore endpoints, ModelFolders folders, Prover prover, ProofSettings settings) {
        this.store = store;
        this.endpoints = endpoints;
        this.folders = folders;
        this.prover = prover;
        this.settings = settings;
    }

    @Override
    public void start() {
        running = true;
        thread = Thread.ofVirtual().name("proofs").start(this::run);
    }

    @Override
    public void stop() {
        running = false;
        thread.interrupt();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    private void run() {
        while (running) {
            try {
                TimeUnit.NANOSECONDS.sleep(settings.interval().toNanos());
                Optional<String> url = proverUrl();
                if (url.isPresent()) {
                    store.take(settings.limit().plus(PAUSE_AFTER_TROUBLE))
                            .ifPresent(candidate -> prove(candidate, url.get()));
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.warn("looking for proofs failed, trying on: {}", e.getMessage());
            }
        }
    }

    /// Twice as long each time: a model that takes longer than a proof may must not keep a processor busy
    /// for ever.
    static Duration pauseAfter(int attempts) {
        Duration pause = PAUSE_AFTER_TROUBLE.multipliedBy(1L << Math.clamp(attempts - 1L, 0, MOST_DOUBLINGS));
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }

    /// An instance that serves something now, else the one that the settings name.
    private Optional<String> proverUrl() {
        return endpoints.live().stream()
                .filter(lease -> lease.service().equals("inference"))
                .filter(lease -> lease.state() == EndpointLease.State.READY)
                .map(EndpointLease::url)
                .findFirst()
                .or(settings::inferenceUrl);
    }

    private void prove(ProofStore.Candidate candidate, String url) {
        String what = candidate.model() + " for " + candidate.target();
        long startNs = System.nanoTime();
        Map<String, Object> report;
        Verdict verdict;
        try {
            report = prover.prove(url, folders.checkpoint(candidate.folder()), candidate.target());
            verdict = Verdict.valueOf(String.valueOf(report.get("verdict")));
        } catch (RuntimeException e) {
            // Away, too old to know the route, out of memory, no verdict among ours: there is a next time.
            LOG.info("{} could not be proven by {}: {}", what, url, e.getMessage());
            store.putBack(candidate, pauseAfter(candidate.attempts()));
            return;
        }
        double seconds = (System.nanoTime() - startNs) / (double) TimeUnit.SECONDS.toNanos(1);
        store.record(candidate, verdict, report, url, seconds);
        LOG.info("{}: {} by {}", what, verdict, url);
    }
}
