package io.dipper.gateway.keys;

import io.dipper.servicesupport.http.Authenticator;
import io.dipper.servicesupport.http.Caller;
import io.dipper.servicesupport.postgres.DatabaseErrors;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Knows users' keys, and the service token, by which the other services come in.
///
/// Valid keys are remembered, so that not every request asks the database: for [#FRESH] as they are,
/// and beyond that, up to [#KEPT], only while the database does not answer. Revoking a key here
/// forgets them all at once; a key revoked at another gateway while the database is away opens this
/// one until the database is back.
public final class KeyAuthenticator implements Authenticator {

    private static final Logger LOG = LoggerFactory.getLogger(KeyAuthenticator.class);
    private static final Duration FRESH = Duration.ofSeconds(2);
    private static final Duration KEPT = Duration.ofMinutes(30);
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private record Known(Caller caller, long sinceNs, long askedNs) {
        boolean isFresh() {
            return System.nanoTime() - askedNs < FRESH.toNanos();
        }

        boolean isKept() {
            return System.nanoTime() - sinceNs < KEPT.toNanos();
        }

        /// The same for another moment, since the database did not answer.
        Known stillThere() {
            return new Known(caller, sinceNs, System.nanoTime());
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
            if (before != null && before.isFresh()) {
                return Mono.just(before.caller());
            }
            Mono<Caller> asked =
                    Mono.fromCallable(() -> ask(key)).subscribeOn(blocking).flatMap(answer -> answer);
            // Who is known need not wait for a database that does not answer.
            return before != null && before.isKept()
                    ? asked.timeout(PATIENCE).onErrorResume(fault -> remembered(key, before, fault))
                    : asked.onErrorMap(DatabaseErrors::isAway, DatabaseErrors::unavailable);
        }));
    }

    private Mono<Caller> remembered(String key, Known before, Throwable fault) {
        if (!DatabaseErrors.isAway(fault) && !(fault instanceof TimeoutException)) {
            return Mono.error(fault);
        }
        LOG.warn("the database does not answer, a known key is let in: {}", fault.toString());
        return known.computeIfPresent(key, (_, now) -> now.stillThere()) == null
                ? Mono.error(DatabaseErrors.unavailable(fault))
                : Mono.just(before.caller());
    }

    /// What goes wrong is a value as well: who has waited long enough needs no more of it, and what is thrown then
    /// would be logged with its stack, request for request.
    private Mono<Caller> ask(String key) {
        try {
            return Mono.justOrEmpty(find(key));
        } catch (RuntimeException fault) {
            return Mono.error(fault);
        }
    }

    private Optional<Caller> find(String key) {
        long seen = revocations.get();
        long now = System.nanoTime();
        Optional<Caller> caller = keys.find(key);
        if (caller.isPresent()) {
            known.put(key, new Known(caller.get(), now, now));
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
