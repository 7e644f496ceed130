package io.dipper.gateway.relay;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/// What the gateway measures of what it relays. Labels are names of endpoints' models and outcomes:
/// nothing that a client sends becomes one.
final class RelayMeters {

    private final MeterRegistry meters;

    RelayMeters(MeterRegistry meters) {
        this.meters = meters;
    }

    /// From the request's body to the head of the endpoint's answer.
    void firstByte(String model, long nanos) {
        timer("dipper.gateway.first.byte", "time until an endpoint began to answer", model, "any")
                .record(Duration.ofNanos(nanos));
    }

    /// The whole of it. `outcome` is a status, `cancelled` or `failed`.
    void ended(String model, String outcome, long nanos) {
        timer("dipper.gateway.request", "time from a request's body to its answer's end", model, outcome)
                .record(Duration.ofNanos(nanos));
    }

    private Timer timer(String name, String description, String model, String outcome) {
        return Timer.builder(name)
                .description(description)
                .tag("model", model)
                .tag("outcome", outcome)
                .publishPercentileHistogram()
                .register(meters);
    }
}
