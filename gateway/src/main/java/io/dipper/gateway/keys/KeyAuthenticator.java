package io.dipper.gateway.keys;

import io.dipper.servicesupport.http.Authenticator;
import io.dipper.servicesupport.http.Caller;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Knows users' keys, and the service token, by which the other services come in. Valid keys are
/// remembered for a moment, so that not every request asks the database; revoking a key here
/// forgets them all at once.
public final class KeyAuthenticator implements Authenticator {

    private static final long FRESH_NS = Duration.ofSeconds(2).toNanos();

    private record Known(Caller caller, long sinceNs) {
        boolean isFresh() {
            return System.nanoTime() - sinceNs < FRESH_NS;
        }
    }

    private final KeyStore keys;
    private final Authenticator services;
    private final Scheduler blocking;
    private final Map<String, Known> known = new ConcurrentHashMap<>();
    private final AtomicLong revocations = new AtomicLong();

    public KeyAuthenticator(KeyStore keys, Authenticator services, Scheduler blocking) {
        this.keys = keys;
        this.services = services;
        this.blocking = blocking;
    }

    @Override
    public Mono<Caller> authenticate(String key) {
        return services.authenticate(key).switchIfEmpty(Mono.defer(() -> {
            Known before = known.get(key);
            return before != null && before.isFresh()
                    ? Mono.just(before.caller())
                    : Mono.fromCallable(() -> find(key)).subscribeOn(blocking).flatMap(Mono::justOrEmpty);
        }));
    }

    private Optional<Caller> find(String key) {
        long seen = revocations.get();
        long now = System.nanoTime();
        Optional<Caller> caller = keys.find(key);
        if (caller.isPresent()) {
            known.put(key, new Known(caller.get(), now));
        }
        // A key that was revoked while the database was asked must not be remembered.
        if (caller.isEmpty() || revocations.get() != seen) {
            known.remove(key);
        }
        return caller;
    }

    void forget() {
        revocations.incrementAndGet();
        known.clear();
    }
}
