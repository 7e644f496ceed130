package io.dipper.engine;

import java.util.Map;

/// A consistent picture of an engine after a step. Counters run from the start.
///
/// The law: `submitted = refused + finished + cancelled + failed + running + waiting`.
///
/// @param promisedTokens KV tokens that those inside may need at their longest; 0 when idle
/// @param heldBlocks KV blocks in use over all groups, of `totalBlocks`
/// @param peakBlocks most blocks that were ever in use
/// @param preempted sequences that gave their blocks back and started over
/// @param planNs spent in the engine's own thread outside the runner
/// @param layoutNs of `runNs`, spent on laying out inputs and reading outputs
/// @param gapNs between one step's end and the next one's beginning, while there was something to compute
public record EngineStats(
        int running,
        int waiting,
        long promisedTokens,
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
        long runNs,
        long layoutNs,
        long gapNs) {

    /// The same picture with later submissions; those that were not refused wait.
    public EngineStats withArrivals(long submittedNow, long promisedNow, Map<Refusal.Reason, Long> refusedNow) {
        long taken = submittedNow - total(refusedNow) - (submitted - refusedTotal());
        return new EngineStats(
                running,
                waiting + (int) taken,
                promisedNow,
                heldBlocks,
                totalBlocks,
                peakBlocks,
                submittedNow,
                refusedNow,
                finished,
                cancelled,
                failed,
                preempted,
                promptTokens,
                generatedTokens,
                steps,
                planNs,
                runNs,
                layoutNs,
                gapNs);
    }

    public long refusedTotal() {
        return total(refused);
    }

    private static long total(Map<Refusal.Reason, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /// Share of the steps' time that was not spent on computing.
    public double shareOutsideRuntime() {
        long busyNs = planNs + runNs;
        return busyNs == 0 ? 0 : (double) (planNs + layoutNs) / busyNs;
    }

    public double kvUsage() {
        return totalBlocks == 0 ? 0 : (double) heldBlocks / totalBlocks;
    }
}
