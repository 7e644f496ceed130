package io.dipper.servicesupport.registry;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/// Keeps the registry told of what this instance serves: each lease is renewed well before it runs
/// out, and withdrawn when its model goes. A registry that is away is retried with the next beat;
/// it is mentioned once, not with every beat.
public final class EndpointLeases implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EndpointLeases.class);
    private static final Duration BEAT = Duration.ofSeconds(5);
    private static final Duration LIMIT = Duration.ofSeconds(4);

    private final RegistryClient registry;
    private final Supplier<List<EndpointLease>> current;
    private final ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("leases").daemon().factory());
    private final Set<String> announced = new HashSet<>();
    private boolean troubled;

    private EndpointLeases(RegistryClient registry, Supplier<List<EndpointLease>> current) {
        this.registry = registry;
        this.current = current;
    }

    /// Begins at once.
    ///
    /// @param current asked at every beat: the leases as they should be now
    public static EndpointLeases start(RegistryClient registry, Supplier<List<EndpointLease>> current) {
        var leases = new EndpointLeases(registry, current);
        var _ = leases.beats.scheduleWithFixedDelay(leases::beat, 0, BEAT.toMillis(), TimeUnit.MILLISECONDS);
        return leases;
    }

    /// Tells the registry now, not at the next beat: a model became ready, or drains. Once this is closed, nobody
    /// is told.
    public void changed() {
        try {
            beats.execute(this::beat);
        } catch (RejectedExecutionException _) {
            // A load that ends while its service stops: what the registry knows is withdrawn, or left to run out.
        }
    }

    /// Withdraws all leases.
    @Override
    public void close() {
        beats.execute(() -> {
            for (String id : Set.copyOf(announced)) {
                withdraw(id);
            }
        });
        stop();
    }

    private void stop() {
        beats.shutdown();
        try {
            if (!beats.awaitTermination(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                beats.shutdownNow();
            }
        } catch (InterruptedException e) {
            beats.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /// Stops without a word: what was announced last holds until it runs out.
    public void leave() {
        stop();
    }

    private void beat() {
        try {
            List<EndpointLease> leases = current.get();
            Set<String> gone = new HashSet<>(announced);
            leases.forEach(lease -> gone.remove(lease.id()));
            RuntimeException fault = null;
            boolean heard = leases.isEmpty();
            for (EndpointLease lease : leases) {
                try {
                    registry.putEndpoint(lease).block(LIMIT);
                    announced.add(lease.id());
                    heard = true;
                } catch (WebClientResponseException e) {
                    // One lease that is refused must not cost the others theirs.
                    fault = e;
                    LOG.debug("lease {} was not taken", lease.id(), e);
                } catch (RuntimeException e) {
                    fault = e;
                    break;
                }
            }
            gone.forEach(this::withdraw);
            tell(heard, fault);
        } catch (RuntimeException e) {
            LOG.error("no heartbeat could be made", e);
        }
    }

    private void tell(boolean heard, @Nullable RuntimeException fault) {
        if (fault != null && !troubled) {
            LOG.warn(
                    "the registry does not take {}, trying on: {}", heard ? "a lease" : "heartbeats", fault.toString());
        } else if (fault == null && troubled) {
            LOG.info("the registry is back");
        }
        troubled = fault != null;
    }

    private void withdraw(String id) {
        try {
            registry.deleteEndpoint(id).block(LIMIT);
        } catch (RuntimeException e) {
            LOG.debug("lease {} was not withdrawn; it will run out", id, e);
        }
        announced.remove(id);
    }
}
