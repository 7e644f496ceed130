package io.dipper.benchmark.load;

import io.dipper.benchmark.results.MemoryUse;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// Watches what a model takes while it is under load. A platform that does not tell has no memory
/// figures; the run goes on.
final class InferenceMemory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InferenceMemory.class);
    private static final String PATH = "/api/inference/models";

    private final Gateway gateway;
    private final String model;
    private final ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("memory-watch").factory());
    private @Nullable MemoryUse peak;

    private InferenceMemory(Gateway gateway, String model) {
        this.gateway = gateway;
        this.model = model;
    }

    static InferenceMemory watch(Gateway gateway, String model) {
        var memory = new InferenceMemory(gateway, model);
        var _ = memory.looks.scheduleWithFixedDelay(memory::look, 0, 1, TimeUnit.SECONDS);
        return memory;
    }

    synchronized @Nullable MemoryUse peak() {
        return peak;
    }

    /// One reading now, on the caller's thread; then no more.
    void finish() {
        looks.shutdownNow();
        look();
    }

    @Override
    public void close() {
        looks.shutdownNow();
    }

    private void look() {
        try {
            use(gateway.get(PATH)).ifPresent(this::note);
        } catch (IOException e) {
            LOG.debug("no memory figures: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void note(MemoryUse use) {
        peak = peak == null ? use : peak.peakWith(use);
    }

    private Optional<MemoryUse> use(JsonNode listing) {
        for (JsonNode entry : listing.path("data")) {
            JsonNode memory = entry.path("memory");
            if (entry.path("name").asString("").equals(model) && memory.isObject()) {
                return Optional.of(new MemoryUse(
                        memory.path("weightsBytes").asLong(0),
                        memory.path("kvReservedBytes").asLong(0),
                        memory.path("kvPeakBytes").asLong(0),
                        memory.path("rssBytes").asLong(0),
                        1));
            }
        }
        return Optional.empty();
    }
}
