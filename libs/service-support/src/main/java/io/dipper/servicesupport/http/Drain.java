package io.dipper.servicesupport.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.annotation.Order;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Lets requests in flight finish before the server goes. While they do, new ones are told to come
/// back: the port stays open until then, so that clients get an answer and not a refused
/// connection. Health stays reachable throughout.
@Order(Drain.ORDER)
public final class Drain implements WebFilter, SmartLifecycle {

    static final int ORDER = RequestIdFilter.ORDER + 10;

    private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
    private static final Set<String> UNCOUNTED = OpenPaths.HEALTH;
    private static final int RETRY_AFTER_SECONDS = 5;

    private final Readiness readiness;
    private final Duration limit;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final CountDownLatch idle = new CountDownLatch(1);
    private volatile boolean draining;
    private volatile boolean running;

    public Drain(Readiness readiness, Duration limit) {
        this.readiness = readiness;
        this.limit = limit;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        if (UNCOUNTED.contains(exchange.getRequest().getPath().value())) {
            return chain.filter(exchange);
        }
        return Mono.defer(() -> {
            inFlight.incrementAndGet();
            // Read after counting: a request is either seen by the wait below, or sees that it came too late.
            if (draining) {
                leave();
                return Mono.error(
                        ApiException.unavailable("this service is shutting down", "draining", RETRY_AFTER_SECONDS));
            }
            return chain.filter(exchange).doFinally(_ -> leave());
        });
    }

    public int inFlight() {
        return inFlight.get();
    }

    public boolean isDraining() {
        return draining;
    }

    /// Stops taking requests now; returns when none is in flight any more, or the limit has passed.
    public void begin() {
        draining = true;
        readiness.waitFor("drain", "shutting down");
        if (inFlight.get() == 0) {
            return;
        }
        LOG.info("waiting for {} requests in flight", inFlight.get());
        try {
            if (!idle.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.warn("{} requests were still in flight after {}", inFlight.get(), limit);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void leave() {
        if (inFlight.decrementAndGet() == 0 && draining) {
            idle.countDown();
        }
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        begin();
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /// The highest phase stops first: before the web server closes its port.
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
