package io.dipper.gateway.routing;

import io.dipper.servicesupport.http.Readiness;
import io.dipper.servicesupport.registry.EndpointLease;
import io.dipper.servicesupport.registry.RegistryClient;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Dipper's own instances, by their leases in the registry. While the registry is away, the last
/// list holds: the circuit breakers find out who is gone.
public final class LeasedBackend implements Backend {

    private static final Logger LOG = LoggerFactory.getLogger(LeasedBackend.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final String CONDITION = "registry";

    private final RegistryClient registry;
    private final String token;
    private final Readiness readiness;
    private final Disposable polling;
    private volatile List<Endpoint> endpoints = List.of();
    private volatile boolean known;
    private volatile boolean away;

    public LeasedBackend(RegistryClient registry, String token, Readiness readiness) {
        this.registry = registry;
        this.token = token;
        this.readiness = readiness;
        readiness.waitFor(CONDITION, "the registry was not reached yet");
        this.polling = Flux.interval(Duration.ZERO, INTERVAL)
                .onBackpressureDrop()
                .concatMap(_ -> poll(), 1)
                .subscribe();
    }

    @Override
    public List<Endpoint> endpoints() {
        return endpoints;
    }

    @Override
    public boolean isKnown() {
        return known;
    }

    @Override
    public void close() {
        polling.dispose();
    }

    private Mono<Void> poll() {
        return registry.endpoints()
                .map(leases -> leases.stream().map(this::endpoint).toList())
                .doOnNext(this::take)
                .doOnError(this::miss)
                .onErrorComplete()
                .then();
    }

    private void take(List<Endpoint> now) {
        endpoints = now;
        known = true;
        readiness.met(CONDITION);
        if (away) {
            LOG.info("the registry is back");
            away = false;
        }
    }

    private void miss(Throwable fault) {
        if (!away) {
            LOG.warn("the registry does not answer, the last list of endpoints holds: {}", fault.toString());
            away = true;
        }
    }

    private Endpoint endpoint(EndpointLease lease) {
        return new Endpoint(
                lease.id(),
                lease.model(),
                RoutingConfiguration.withoutSlash(lease.url()),
                token,
                state(lease.state()),
                lease.running() + lease.waiting());
    }

    private static Endpoint.State state(EndpointLease.State state) {
        return switch (state) {
            case LOADING -> Endpoint.State.LOADING;
            case READY -> Endpoint.State.READY;
            case DRAINING -> Endpoint.State.DRAINING;
        };
    }
}
