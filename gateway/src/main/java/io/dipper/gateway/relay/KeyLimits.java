package io.dipper.gateway.relay;

import io.dipper.gateway.GatewaySettings;
import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.http.Caller;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import reactor.core.publisher.Mono;

/// What one key may ask for: so many requests at the same time, and so many in a minute. The other
/// services, which have no users of their own, are not limited.
final class KeyLimits {

    private static final int RETRY_AFTER_SECONDS = 1;
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final int atOnce;
    private final int perMinute;
    private final ConcurrentMap<String, Integer> running = new ConcurrentHashMap<>();
    private final RateLimiterRegistry rates;

    KeyLimits(GatewaySettings settings) {
        this.atOnce = settings.perKey();
        this.perMinute = settings.perKeyPerMinute();
        this.rates = RateLimiterRegistry.of(RateLimiterConfig.custom()
                .limitForPeriod(Math.max(1, perMinute))
                .limitRefreshPeriod(MINUTE)
                .timeoutDuration(Duration.ZERO)
                .build());
    }

    /// `work` if the key may, else 429.
    Mono<Void> within(Caller caller, Mono<Void> work) {
        if (caller.role() == Caller.Role.SERVICE) {
            return work;
        }
        return Mono.defer(() -> {
            if (perMinute > 0) {
                RateLimiter rate = rates.rateLimiter(caller.id());
                if (!rate.acquirePermission()) {
                    return Mono.error(tooMany(perMinute + " requests a minute", (int) MINUTE.toSeconds()));
                }
            }
            if (running.merge(caller.id(), 1, Integer::sum) > atOnce) {
                leave(caller);
                return Mono.error(tooMany(atOnce + " requests at the same time", RETRY_AFTER_SECONDS));
            }
            return work.doFinally(_ -> leave(caller));
        });
    }

    private void leave(Caller caller) {
        running.computeIfPresent(caller.id(), (_, count) -> count == 1 ? null : count - 1);
    }

    private static ApiException tooMany(String limit, int retryAfterSeconds) {
        return ApiException.tooManyRequests("this key may have " + limit, "rate_limit_exceeded", retryAfterSeconds);
    }
}
