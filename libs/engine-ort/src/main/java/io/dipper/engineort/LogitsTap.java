package io.dipper.engineort;

import io.dipper.engine.plan.Plan;
import java.lang.foreign.MemorySegment;

/// Sees the logits of each step, on the engine's thread.
@FunctionalInterface
public interface LogitsTap {
    /// Called once a step, after it was computed.
    ///
    /// @param logits float32 [draws of the plan, vocabulary], valid during the call only
    void accept(Plan plan, MemorySegment logits, int vocabularySize);
}
