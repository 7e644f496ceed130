package io.dipper.engine;

import java.util.Map;

/// A consistent picture of an engine after a step. Counters run from the start.
///
/// The law: `submitted = refused + finished + cancelled + failed + running + waiting`.
///
/// @param heldBlocks KV blocks in use over all groups, of `totalBlocks`
/// @param peakBlocks most blocks that were ever in use
/// @param preempted sequences that gave their blocks back and started over
/// @param planNs spent in the engine's own thread outside the runner
public record EngineStats(
        int running,
        int waiting,
        int heldBlocks,
        int totalBlocks,
        int peakBlocks,
        long submitted,
        Map<Refusal.Reason, Long> refused,
        long finished,
        long cancelled,
        long failed,
        long preempted,
        long promptTokens,
        long generatedTokens,
        long steps,
        long planNs,
        long runNs) {

    public long refusedTotal() {
        return refused.values().stream().mapToLong(Long::longValue).sum();
    }

    public double kvUsage() {
        return totalBlocks == 0 ? 0 : (double) heldBlocks / totalBlocks;
    }
}
