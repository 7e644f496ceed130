package io.dipper.engine;

/// What a request's reader gets, in order; an [End] comes exactly once and last.
public sealed interface Event {

    /// A prompt token's own probability, for requests that score their prompt.
    ///
    /// @param position index in the prompt, from 1
    record Scored(int position, int id, float logprob, int[] topIds, float[] topLogprobs) implements Event {}

    /// A generated token. `logprob` is NaN and the alternatives are empty where no logprobs were
    /// asked for.
    record Token(int id, float logprob, int[] topIds, float[] topLogprobs) implements Event {}

    sealed interface End extends Event {
        Usage usage();
    }

    record Finished(Reason reason, Usage usage) implements End {}

    record Cancelled(Usage usage) implements End {}

    record Failed(Failure failure, String message, Usage usage) implements End {}

    enum Reason {
        /// An end token was generated.
        STOP,
        /// The limit on tokens was reached.
        LENGTH
    }

    enum Failure {
        /// Its deadline passed.
        DEADLINE,
        /// Its reader left more events lying than the outbox holds.
        SLOW_READER,
        /// The runner failed in a step that worked on it.
        RUNNER,
        /// Memory ran out in a step that worked on it.
        OUT_OF_MEMORY,
        /// The runner's device is lost to this process, and all that was in the engine with it.
        DEVICE_LOST,
        /// The engine was closed.
        CLOSED
    }
}
