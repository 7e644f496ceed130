package io.dipper.gateway.routing;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// What one endpoint may be asked: nothing while it keeps failing, and not more than its share at
/// the same time.
public final class Guard {

    private final CircuitBreaker circuit;
    private final Bulkhead bulkhead;
    private final int share;

    Guard(CircuitBreaker circuit, Bulkhead bulkhead) {
        this.circuit = circuit;
        this.bulkhead = bulkhead;
        this.share = bulkhead.getBulkheadConfig().getMaxConcurrentCalls();
    }

    public int inFlight() {
        return share - bulkhead.getMetrics().getAvailableConcurrentCalls();
    }

    /// Permission for one call, to be given back by exactly one of the permit's methods (further
    /// ones do nothing); null if there is none.
    @org.jspecify.annotations.Nullable
    public Permit tryAcquire() {
        if (!bulkhead.tryAcquirePermission()) {
            return null;
        }
        if (!circuit.tryAcquirePermission()) {
            bulkhead.releasePermission();
            return null;
        }
        return new Permit();
    }

    /// One call's permission.
    public final class Permit {

        private final long startNs = System.nanoTime();
        private final AtomicBoolean open = new AtomicBoolean(true);

        public void succeeded() {
            if (open.compareAndSet(true, false)) {
                circuit.onSuccess(System.nanoTime() - startNs, TimeUnit.NANOSECONDS);
                bulkhead.onComplete();
            }
        }

        public void failed(Throwable fault) {
            if (open.compareAndSet(true, false)) {
                circuit.onError(System.nanoTime() - startNs, TimeUnit.NANOSECONDS, fault);
                bulkhead.onComplete();
            }
        }

        /// The client left: that says nothing about the endpoint.
        public void abandoned() {
            if (open.compareAndSet(true, false)) {
                circuit.releasePermission();
                bulkhead.onComplete();
            }
        }
    }
}
