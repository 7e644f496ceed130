package io.dipper.engine;

/// Why a submission was not taken.
///
/// @param limit the bound that was met, in the reason's unit
/// @param value what was asked for, in the same unit
public record Refusal(Reason reason, long limit, long value, String message) {

    public enum Reason {
        /// As many requests wait as may; try again later.
        QUEUE_FULL,
        /// The waiting requests need as much KV memory as may be promised; try again later.
        KV_PROMISED,
        /// Prompt and answer do not fit the model's context or the whole KV pool.
        TOO_LONG,
        /// A token id is outside the vocabulary.
        UNKNOWN_TOKEN,
        /// The engine finishes what it has and takes nothing new.
        DRAINING,
        /// The engine has stopped.
        CLOSED
    }
}
