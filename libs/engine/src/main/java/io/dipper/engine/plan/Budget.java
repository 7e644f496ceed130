package io.dipper.engine.plan;

import io.dipper.engine.EngineLimits;
import io.dipper.engine.RunnerShape;

/// How much a step may do.
///
/// @param leastChunk prompt tokens that a reading sequence gets at least, so that many readers do
///     not shred the step
public record Budget(int maxRunning, int stepTokens, int stepTokensBesideDecode, int maxChunkTokens, int leastChunk) {
    public static Budget of(EngineLimits limits, RunnerShape shape) {
        return new Budget(
                limits.maxRunning(),
                limits.stepTokens(),
                limits.stepTokensBesideDecode(),
                shape.maxChunkTokens(),
                2 * shape.blockTokens());
    }
}
