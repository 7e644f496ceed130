package io.dipper.gateway.routing;

import io.dipper.servicesupport.backend.Backend;
import io.dipper.servicesupport.backend.Call;
import io.dipper.servicesupport.backend.Endpoint;
import io.dipper.servicesupport.backend.Reply;
import io.dipper.servicesupport.backend.UnreachableException;
import io.dipper.servicesupport.http.Readiness;
import io.dipper.servicesupport.registry.EndpointLease;
import io.dipper.servicesupport.registry.RegistryClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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

    private record Leased(Endpoint endpoint, String url) {
        boolean isAway() {
            return endpoint.state() == Endpoint.State.AWAY;
        }
    }

    private final RegistryClient registry;
    private final HttpExchange http;
    private final String token;
    private final Readiness readiness;
    private final Disposable polling;
    private volatile Map<String, Leased> leased = Map.of();
    private volatile boolean known;
    private volatile boolean away;
    private volatile Map<String, Leased> held = Map.of();
    private volatile long heldUntilNs = System.nanoTime();

    LeasedBackend(RegistryClient registry, HttpExchange http, String token, Readiness readiness) {
        this.registry = registry;
        this.http = http;
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
        return leased.values().stream().map(Leased::endpoint).toList();
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
                .map(LeasedBackend::byId)
                .doOnNext(this::take)
                .doOnError(this::miss)
                .onErrorComplete()
                .then();
    }

    private void take(Map<String, Leased> now) {
        if (away) {
            // Leases ran out while nobody could renew them, and are listed as away: whoever beats again has one lease's
            // time to say so.
            heldUntilNs = System.nanoTime()
                    + Duration.ofSeconds(EndpointLease.TTL_SECONDS).toNanos();
            held = leased;
        }
        Map<String, Leased> next = new LinkedHashMap<>(now);
        if (System.nanoTime() - heldUntilNs < 0) {
            held.forEach((id, of) -> next.merge(id, of, (told, before) -> told.isAway() ? before : told));
        }
        leased = next;
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

    @Override
    public Mono<Void> exchange(Endpoint endpoint, Call call, Function<Reply, Mono<Void>> reader) {
        Leased place = leased.get(endpoint.id());
        return place == null
                ? Mono.error(new UnreachableException("the lease of " + endpoint.id() + " ended", null))
                : http.to(place.url(), token, call, reader);
    }

    private static Map<String, Leased> byId(List<EndpointLease> leases) {
        Map<String, Leased> byId = new LinkedHashMap<>();
        for (EndpointLease lease : leases) {
            var endpoint = new Endpoint(
                    lease.id(),
                    lease.model(),
                    "dipper",
                    state(lease.state()),
                    lease.running() + lease.waiting(),
                    lease.createdSeconds(),
                    lease.maxModelLen() == 0 ? null : lease.maxModelLen());
            byId.put(lease.id(), new Leased(endpoint, RoutingConfiguration.withoutSlash(lease.url())));
        }
        return byId;
    }

    private static Endpoint.State state(EndpointLease.State state) {
        return switch (state) {
            case LOADING -> Endpoint.State.LOADING;
            case READY -> Endpoint.State.READY;
            case DRAINING -> Endpoint.State.DRAINING;
            case AWAY -> Endpoint.State.AWAY;
        };
    }
}
