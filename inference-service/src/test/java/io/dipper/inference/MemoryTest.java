package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.streamedWithUsage;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.inference.support.RealService;
import io.dipper.inference.support.RunningService;
import io.dipper.openaiapi.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/// What was planned for a model stands beside what it reserved and held.
@ExtendWith(RealService.class)
@Timeout(240)
class MemoryTest {
    private final RunningService service;

    MemoryTest(RunningService service) {
        this.service = service;
    }

    @Test
    void theListTellsPlannedReservedAndHeldBytes() throws Exception {
        service.stream(CHAT, streamedWithUsage(chat("Hello! Who are you?")));

        JsonNode memory = Json.tree(service.get("/api/inference/models").body()).at("/data/0/memory");
        long weights = memory.get("weightsBytes").asLong();
        long reserved = memory.get("kvReservedBytes").asLong();
        assertThat(memory.get("plannedKvBytes").asLong()).isPositive().isEqualTo(reserved);
        assertThat(memory.get("heldPeakBytes").asLong())
                .isGreaterThan(weights + reserved)
                .isLessThan(memory.get("plannedTotalBytes").asLong() / 100 * 105);
    }
}
