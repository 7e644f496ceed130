package io.dipper.engine;

/// Bounds of an engine.
///
/// @param maxRunning sequences worked on at once
/// @param maxWaiting sequences that may wait
/// @param maxPromisedTokens KV tokens that running and waiting sequences may need in all at their
///     longest
/// @param stepTokens most tokens of a step when only prompts are read
/// @param stepTokensBesideDecode most prompt tokens of a step that also continues answers, so that
///     these keep their pace
/// @param outboxEvents unread events that a reader may leave lying
public record EngineLimits(
        int maxRunning,
        int maxWaiting,
        long maxPromisedTokens,
        int stepTokens,
        int stepTokensBesideDecode,
        int outboxEvents) {

    public EngineLimits {
        if (maxRunning < 1
                || maxWaiting < 0
                || maxPromisedTokens < 1
                || stepTokens < 1
                || stepTokensBesideDecode < 1
                || outboxEvents < 1) {
            throw new IllegalArgumentException("engine limits must be positive");
        }
    }

    private static final long LOGITS_BYTES = 64 << 20;
    /// Answers that go on while prompts are read get steps of a part of the size.
    private static final int BESIDE_DECODE = 4;

    private static final int LEAST_RUNNING = 64;
    private static final int MOST_RUNNING = 256;
    /// A second of a small model's fastest answer: a pause of the whole JVM makes no reader slow.
    private static final int OUTBOX_EVENTS = 4096;

    /// Limits for a runner. As many sequences run at once as their logits fit into memory
    /// that is worth it: beyond what fills the processor a step takes as much longer as it does more,
    /// and in return nobody's short answer waits until someone's long one is done.
    public static EngineLimits forShape(RunnerShape shape) {
        long fitting = LOGITS_BYTES / ((long) Float.BYTES * shape.vocabularySize());
        int running = Math.clamp(fitting, LEAST_RUNNING, MOST_RUNNING);
        int step = shape.maxChunkTokens();
        return new EngineLimits(
                running, 512, 64L * 8 * shape.contextLength(), step, Math.max(1, step / BESIDE_DECODE), OUTBOX_EVENTS);
    }
}
