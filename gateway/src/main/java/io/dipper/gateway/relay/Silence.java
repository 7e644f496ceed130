package io.dipper.gateway.relay;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.core.io.buffer.DataBuffer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Ends a body that stands still for too long. While somebody waits for data, the silence is the
/// endpoint's; while nobody does, it is the client's, who does not read what it was sent.
final class Silence {

    private static final int CHECKS = 8;

    private final Duration idle;
    private final Duration stalled;
    private final AtomicLong wanted = new AtomicLong();
    private volatile long lastNs = System.nanoTime();

    private Silence(Duration idle, Duration stalled) {
        this.idle = idle;
        this.stalled = stalled;
    }

    /// The same body; it fails with [TimeoutException] after `idle` of the endpoint's silence, with
    /// [StalledClientException] after `stalled` of the client's.
    static Flux<DataBuffer> limit(Flux<DataBuffer> body, Duration idle, Duration stalled) {
        return Flux.defer(() -> new Silence(idle, stalled).watch(body));
    }

    private Flux<DataBuffer> watch(Flux<DataBuffer> body) {
        Duration shorter = idle.compareTo(stalled) < 0 ? idle : stalled;
        Mono<Void> alarm = Flux.interval(shorter.dividedBy(CHECKS))
                .onBackpressureDrop()
                .concatMap(_ -> check())
                .then();
        return body.doOnRequest(this::request).doOnNext(_ -> arrived()).takeUntilOther(alarm);
    }

    private Mono<Void> check() {
        long quietNs = System.nanoTime() - lastNs;
        if (wanted.get() > 0) {
            return quietNs > idle.toNanos()
                    ? Mono.error(new TimeoutException("nothing came for " + idle))
                    : Mono.empty();
        }
        return quietNs > stalled.toNanos() ? Mono.error(new StalledClientException(stalled)) : Mono.empty();
    }

    private void request(long more) {
        if (wanted.get() <= 0) {
            lastNs = System.nanoTime();
        }
        wanted.accumulateAndGet(more, (before, add) -> Math.max(before, 0) + add < 0 ? Long.MAX_VALUE : before + add);
    }

    private void arrived() {
        lastNs = System.nanoTime();
        wanted.decrementAndGet();
    }
}
