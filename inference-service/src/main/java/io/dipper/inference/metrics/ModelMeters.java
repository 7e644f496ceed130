package io.dipper.inference.metrics;

import io.dipper.engine.EngineStats;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// A model's metrics, under the names that dashboards for vLLM know and under OpenTelemetry's.
/// Labels hold the model's own name and nothing that a client sends.
public final class ModelMeters implements AutoCloseable {
    private static final Duration[] LATENCIES = millis(
            1, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000, 20_000, 40_000, 80_000,
            160_000);
    private static final Duration[] PACES =
            millis(1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1_000, 2_500);

    private final MeterRegistry registry;
    private final Tags model;
    private final List<Meter> meters = new ArrayList<>();
    private final Instruments instruments;
    private final Map<Operation, OperationInstruments> operations = new EnumMap<>(Operation.class);

    /// What a request asks of a model, in OpenTelemetry's words.
    public enum Operation {
        CHAT,
        TEXT_COMPLETION
    }

    record Instruments(
            Counter promptTokens,
            Counter generationTokens,
            Timer timeToFirstToken,
            Timer interToken,
            Timer endToEnd,
            Timer queue) {}

    record OperationInstruments(
            Timer requestDuration,
            Timer timeToFirstToken,
            Timer timePerOutputToken,
            DistributionSummary inputTokens,
            DistributionSummary outputTokens) {}

    /// Registers them all, so that a scrape before the first request sees zeros.
    public ModelMeters(MeterRegistry registry, String modelName, Supplier<EngineStats> stats) {
        this.registry = registry;
        this.model = Tags.of("model_name", modelName);
        gauge("vllm:num_requests_running", "Sequences that the engine computes", stats, EngineStats::running);
        gauge(
                "vllm:num_requests_waiting",
                "Sequences that wait for a place in the engine",
                stats,
                EngineStats::waiting);
        gauge("vllm:kv_cache_usage_perc", "Share of the KV blocks in use: 1 is all", stats, EngineStats::kvUsage);
        gauge(
                "dipper.engine.promised_tokens",
                "KV tokens that the sequences inside may need at their longest",
                stats,
                EngineStats::promisedTokens);
        gauge("dipper.engine.steps", "Steps that the engine computed", stats, EngineStats::steps);
        gauge(
                "dipper.engine.step_seconds",
                "Time that steps took, as the engine's thread waits for them",
                stats,
                now -> now.runNs() * 1e-9);
        gauge(
                "dipper.engine.gap_seconds",
                "Time between steps in which the device had nothing to compute though there was something",
                stats,
                now -> now.gapNs() * 1e-9);
        gauge(
                "dipper.engine.preempted",
                "Sequences that gave their KV blocks back and started over",
                stats,
                EngineStats::preempted);
        gauge("dipper.engine.refused", "Sequences that the engine did not take", stats, EngineStats::refusedTotal);
        this.instruments = new Instruments(
                counter("vllm:prompt_tokens", "Tokens of prompts"),
                counter("vllm:generation_tokens", "Tokens of answers"),
                timer("vllm:time_to_first_token", "From a request's arrival to its first token", model, LATENCIES),
                timer("vllm:inter_token_latency", "Between two tokens of a sequence", model, PACES),
                timer("vllm:e2e_request_latency", "From a request's arrival to its answer's end", model, LATENCIES),
                timer(
                        "vllm:request_queue_time",
                        "From a request's arrival to its place in the engine",
                        model,
                        LATENCIES));
        for (Operation operation : Operation.values()) {
            operations.put(operation, operation(operation, modelName));
        }
    }

    /// A request begins.
    ///
    /// @param startNs when it arrived, on [System#nanoTime]
    public RequestMeter start(Operation operation, long startNs, int sequences) {
        return new RequestMeter(instruments, operations.get(operation), startNs, sequences);
    }

    /// The model is unloaded: its series end.
    @Override
    public void close() {
        meters.forEach(registry::remove);
    }

    private OperationInstruments operation(Operation operation, String modelName) {
        Tags tags = Tags.of(
                "gen_ai.operation.name",
                operation.name().toLowerCase(Locale.ROOT),
                "gen_ai.provider.name",
                "dipper",
                "gen_ai.request.model",
                modelName);
        return new OperationInstruments(
                timer(
                        "gen_ai.server.request.duration",
                        "From a request's arrival to its answer's end",
                        tags,
                        LATENCIES),
                timer(
                        "gen_ai.server.time_to_first_token",
                        "From a request's arrival to its first token",
                        tags,
                        LATENCIES),
                timer("gen_ai.server.time_per_output_token", "Between two tokens of a sequence", tags, PACES),
                tokens(tags, "input"),
                tokens(tags, "output"));
    }

    private DistributionSummary tokens(Tags tags, String type) {
        return kept(DistributionSummary.builder("gen_ai.client.token.usage")
                .description("Tokens of a request's prompt or of its answers")
                .tags(tags.and("gen_ai.token.type", type))
                .serviceLevelObjectives(1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144)
                .register(registry));
    }

    private void gauge(
            String name, String description, Supplier<EngineStats> stats, ToDoubleFunction<EngineStats> value) {
        kept(Gauge.builder(name, stats, source -> value.applyAsDouble(source.get()))
                .description(description)
                .tags(model)
                .strongReference(true)
                .register(registry));
    }

    private Counter counter(String name, String description) {
        return kept(Counter.builder(name).description(description).tags(model).register(registry));
    }

    private Timer timer(String name, String description, Tags tags, Duration[] buckets) {
        return kept(Timer.builder(name)
                .description(description)
                .tags(tags)
                .serviceLevelObjectives(buckets)
                .register(registry));
    }

    private <M extends Meter> M kept(M meter) {
        meters.add(meter);
        return meter;
    }

    private static Duration[] millis(long... bounds) {
        return Arrays.stream(bounds).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
    }
}
