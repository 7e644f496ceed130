package io.dipper.gateway.routing;

import io.dipper.gateway.GatewaySettings;
import io.dipper.servicesupport.backend.Backend;
import io.dipper.servicesupport.backend.Call;
import io.dipper.servicesupport.backend.Endpoint;
import io.dipper.servicesupport.backend.Reply;
import io.dipper.servicesupport.http.ApiException;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedBulkheadMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/// Finds who may be asked for a model.
public final class Router {

    private static final int WINDOW = 20;
    private static final int JUDGED_FROM = 5;
    private static final float TOLERATED_PERCENT = 50;
    private static final int TRIALS = 2;
    private static final int LONGEST_REPEATED = 200;
    private static final int RETRY_AFTER_SECONDS = 2;

    private final List<Backend> backends;
    private final CircuitBreakerRegistry circuits;
    private final BulkheadRegistry bulkheads;

    Router(List<Backend> backends, GatewaySettings settings, MeterRegistry meters) {
        this.backends = List.copyOf(backends);
        this.circuits = CircuitBreakerRegistry.of(CircuitBreakerConfig.custom()
                .slidingWindow(WINDOW, JUDGED_FROM, CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                .failureRateThreshold(TOLERATED_PERCENT)
                .waitDurationInOpenState(settings.circuitOpen())
                .permittedNumberOfCallsInHalfOpenState(TRIALS)
                .build());
        this.bulkheads = BulkheadRegistry.of(BulkheadConfig.custom()
                .maxConcurrentCalls(settings.perEndpoint())
                .maxWaitDuration(Duration.ZERO)
                .build());
        TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(circuits).bindTo(meters);
        TaggedBulkheadMetrics.ofBulkheadRegistry(bulkheads).bindTo(meters);
    }

    /// An endpoint and where it came from.
    public record Candidate(Backend backend, Endpoint endpoint) {

        public Mono<Void> exchange(Call call, Function<Reply, Mono<Void>> reader) {
            return backend.exchange(endpoint, call, reader);
        }
    }

    /// The models that can be asked now, by name, each once: of several endpoints the one that came up
    /// first.
    public List<Endpoint> readyModels() {
        Map<String, Endpoint> byName = new TreeMap<>();
        all().map(Candidate::endpoint)
                .filter(Endpoint::isReady)
                .forEach(endpoint ->
                        byName.merge(endpoint.model(), endpoint, (a, b) -> a.created() <= b.created() ? a : b));
        return List.copyOf(byName.values());
    }

    /// The ready endpoints of a model, the least loaded first; never empty.
    ///
    /// @throws ApiException 404 when nobody has the model, 503 when nobody is ready
    public List<Candidate> candidates(String model) {
        List<Candidate> having = all().filter(
                        candidate -> candidate.endpoint().model().equals(model))
                .toList();
        if (having.isEmpty()) {
            if (backends.stream().allMatch(Backend::isKnown)) {
                throw noSuchModel(model);
            }
            throw ApiException.unavailable("the registry was not reached yet", "no_endpoint", RETRY_AFTER_SECONDS);
        }
        List<Candidate> ready = having.stream()
                .filter(candidate -> candidate.endpoint().isReady())
                .sorted(Comparator.comparingInt(candidate -> load(candidate.endpoint())))
                .toList();
        if (ready.isEmpty()) {
            throw ApiException.unavailable(
                    "no endpoint of the model `" + model + "` is ready", "no_endpoint", RETRY_AFTER_SECONDS);
        }
        return ready;
    }

    /// 404; a name that is no likely one is not repeated.
    public static ApiException noSuchModel(String model) {
        boolean repeated = model.length() <= LONGEST_REPEATED
                && model.chars().noneMatch(c -> Character.isISOControl(c) || Character.isSurrogate((char) c));
        return ApiException.notFound(
                repeated ? "the model `" + model + "` does not exist" : "no model of this name exists",
                "model_not_found");
    }

    public Guard guard(Endpoint endpoint) {
        forgetVanished();
        return new Guard(circuits.circuitBreaker(endpoint.id()), bulkheads.bulkhead(endpoint.id()));
    }

    private Stream<Candidate> all() {
        return backends.stream()
                .flatMap(backend -> backend.endpoints().stream().map(endpoint -> new Candidate(backend, endpoint)));
    }

    /// What the endpoint said last, or what was sent there since: whichever is more.
    private int load(Endpoint endpoint) {
        return Math.max(endpoint.load(), guard(endpoint).inFlight());
    }

    /// Instances come and go under new ids: what is kept of those that are gone, their meters too, goes
    /// with them once nothing of theirs is in flight.
    private void forgetVanished() {
        if (bulkheads.getAllBulkheads().size() <= all().count()) {
            return;
        }
        Set<String> known = all().map(candidate -> candidate.endpoint().id()).collect(Collectors.toSet());
        for (Bulkhead bulkhead : bulkheads.getAllBulkheads()) {
            boolean idle = bulkhead.getMetrics().getAvailableConcurrentCalls()
                    == bulkhead.getMetrics().getMaxAllowedConcurrentCalls();
            if (idle && !known.contains(bulkhead.getName())) {
                bulkheads.remove(bulkhead.getName());
                circuits.remove(bulkhead.getName());
            }
        }
    }
}
