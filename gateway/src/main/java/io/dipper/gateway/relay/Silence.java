package io.dipper.gateway.relay;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.core.io.buffer.DataBuffer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Ends a body in which nothing comes for too long. Silence counts only while somebody waits for
/// data: a client that reads slowly is no fault of the endpoint.
final class Silence {

    private static final int CHECKS = 8;

    private final Duration limit;
    private final AtomicLong wanted = new AtomicLong();
    private volatile long lastNs = System.nanoTime();

    private Silence(Duration limit) {
        this.limit = limit;
    }

    /// The same body; it fails with [TimeoutException] after so long a silence.
    static Flux<DataBuffer> limit(Flux<DataBuffer> body, Duration limit) {
        return Flux.defer(() -> new Silence(limit).watch(body));
    }

    private Flux<DataBuffer> watch(Flux<DataBuffer> body) {
        Mono<Void> alarm = Flux.interval(limit.dividedBy(CHECKS))
                .onBackpressureDrop()
                .concatMap(_ -> isOver()
                        ? Mono.<Void>error(new TimeoutException("nothing came for " + limit))
                        : Mono.<Void>empty())
                .then();
        return body.doOnRequest(this::request).doOnNext(_ -> arrived()).takeUntilOther(alarm);
    }

    private boolean isOver() {
        return wanted.get() > 0 && System.nanoTime() - lastNs > limit.toNanos();
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
