package io.dipper.servicesupport.registry;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
    private boolean away;

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

    /// Tells the registry now, not at the next beat: a model became ready, or drains.
    public void changed() {
        beats.execute(this::beat);
    }

    /// Withdraws all leases.
    @Override
    public void close() {
        beats.execute(() -> {
            for (String id : Set.copyOf(announced)) {
                withdraw(id);
            }
        });
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

    private void beat() {
        try {
            List<EndpointLease> leases = current.get();
            Set<String> gone = new HashSet<>(announced);
            for (EndpointLease lease : leases) {
                gone.remove(lease.id());
                registry.putEndpoint(lease).block(LIMIT);
                announced.add(lease.id());
            }
            gone.forEach(this::withdraw);
            if (away) {
                LOG.info("the registry is back");
                away = false;
            }
        } catch (RuntimeException e) {
            if (!away) {
                LOG.warn("the registry does not take heartbeats, trying on: {}", e.toString());
                away = true;
            }
        }
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
