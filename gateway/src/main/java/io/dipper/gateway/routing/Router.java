package io.dipper.gateway.routing;

import io.dipper.gateway.GatewaySettings;
import io.dipper.servicesupport.http.ApiException;
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
import java.util.stream.Stream;

/// Finds who may be asked for a model.
public final class Router {

    private static final int WINDOW = 20;
    private static final int JUDGED_FROM = 5;
    private static final float TOLERATED_PERCENT = 50;
    private static final int TRIALS = 2;
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

    /// All that is known now.
    public List<Endpoint> endpoints() {
        return backends.stream()
                .flatMap(backend -> backend.endpoints().stream())
                .toList();
    }

    /// The names of the models that can be asked now, each once.
    public List<String> readyModels() {
        return endpoints().stream()
                .filter(Endpoint::isReady)
                .map(Endpoint::model)
                .distinct()
                .sorted()
                .toList();
    }

    /// The ready endpoints of a model, the least loaded first; never empty.
    ///
    /// @throws ApiException 404 when nobody has the model, 503 when nobody is ready
    public List<Endpoint> candidates(String model) {
        List<Endpoint> all = having(model).toList();
        if (all.isEmpty()) {
            if (backends.stream().allMatch(Backend::isKnown)) {
                throw ApiException.notFound("the model `" + model + "` does not exist", "model_not_found");
            }
            throw ApiException.unavailable("the registry was not reached yet", "no_endpoint", RETRY_AFTER_SECONDS);
        }
        List<Endpoint> ready = all.stream()
                .filter(Endpoint::isReady)
                .sorted(Comparator.comparingInt(this::load))
                .toList();
        if (ready.isEmpty()) {
            throw ApiException.unavailable(
                    "no endpoint of the model `" + model + "` is ready", "no_endpoint", RETRY_AFTER_SECONDS);
        }
        return ready;
    }

    public Guard guard(Endpoint endpoint) {
        return new Guard(circuits.circuitBreaker(endpoint.id()), bulkheads.bulkhead(endpoint.id()));
    }

    private Stream<Endpoint> having(String model) {
        return backends.stream()
                .flatMap(backend -> backend.endpoints().stream())
                .filter(endpoint -> endpoint.model().equals(model));
    }

    /// What the endpoint said last, or what was sent there since: whichever is more.
    private int load(Endpoint endpoint) {
        return Math.max(endpoint.load(), guard(endpoint).inFlight());
    }
}
