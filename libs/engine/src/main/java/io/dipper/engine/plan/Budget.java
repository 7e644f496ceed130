package io.dipper.engine.plan;

import io.dipper.engine.EngineLimits;
import io.dipper.engine.RunnerShape;

/// How much a step may do.
///
/// @param leastChunk prompt tokens that a reading sequence gets at least, so that many readers do
///     not shred the step
/// @param maxPassed sequences that may be admitted before one that waited longer but did not fit;
///     bounds how long it waits
public record Budget(
        int maxRunning, int stepTokens, int stepTokensBesideDecode, int maxChunkTokens, int leastChunk, int maxPassed) {
    private static final int MAX_PASSED = 64;

    public static Budget of(EngineLimits limits, RunnerShape shape) {
        return new Budget(
                limits.maxRunning(),
                limits.stepTokens(),
                limits.stepTokensBesideDecode(),
                shape.maxChunkTokens(),
                2 * shape.blockTokens(),
                MAX_PASSED);
    }
}
