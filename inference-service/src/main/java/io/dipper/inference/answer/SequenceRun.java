package io.dipper.inference.answer;

import io.dipper.engine.Event;
import io.dipper.inference.metrics.RequestMeter;
import io.dipper.inference.web.ClientGoneException;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.wire.FinishReason;
import java.time.Duration;

/// Brings all sequences of a request to their end and hands what comes to an [AnswerBuilder].
///
/// A sequence whose answer is complete early, by a stop text, is given up; its end is awaited all
/// the same, so when this returns the engine holds nothing of the request any more.
final class SequenceRun {
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);
    private static final int RETRY_AFTER_SECONDS = 2;

    /// What a service that starts anew needs at least.
    private static final int RESTART_SECONDS = 10;

    private final RunningSequences running;
    private final RequestMeter meter;

    SequenceRun(RunningSequences running, RequestMeter meter) {
        this.running = running;
        this.meter = meter;
    }

    /// Returns when the answer is complete and its figures are counted.
    ///
    /// @throws RefusedException if the engine failed on it
    UsageCount run(AnswerBuilder builder) throws InterruptedException, ClientGoneException {
        var usage = new UsageCount(running.promptTokens());
        try (Arrivals arrivals = running.arrivals()) {
            var state = new State(arrivals, builder, usage);
            long heardNs = System.nanoTime();
            while (state.open > 0) {
                long sentBefore = builder.sent();
                Arrivals.Arrival arrival = arrivals.next(KEEP_ALIVE);
                if (arrival != null) {
                    state.take(arrival.sequence(), arrival.event());
                }
                // Tokens that show nothing (of a call that is still open, say) are silence to the client.
                if (builder.sent() != sentBefore) {
                    heardNs = System.nanoTime();
                } else if (System.nanoTime() - heardNs >= KEEP_ALIVE.toNanos()) {
                    builder.silence();
                    heardNs = System.nanoTime();
                }
            }
        } finally {
            meter.finish(usage.promptTokens(), usage.completionTokens());
        }
        return usage;
    }

    private final class State {
        private final Arrivals arrivals;
        private final AnswerBuilder builder;
        private final UsageCount usage;
        private final boolean[] complete;
        private int open;

        State(Arrivals arrivals, AnswerBuilder builder, UsageCount usage) {
            this.arrivals = arrivals;
            this.builder = builder;
            this.usage = usage;
            this.complete = new boolean[running.sequences()];
            this.open = complete.length;
        }

        void take(int sequence, Event event) throws InterruptedException, ClientGoneException {
            switch (event) {
                case Event.Scored scored -> builder.scored(sequence, scored);
                case Event.Token token -> {
                    if (!complete[sequence]) {
                        token(sequence, token);
                    }
                }
                case Event.End end -> {
                    open--;
                    meter.queued(end.usage().queuedNs());
                    usage.cached(end.usage().cachedTokens());
                    if (!complete[sequence]) {
                        end(sequence, end);
                    }
                }
            }
        }

        private void token(int sequence, Event.Token token) throws InterruptedException, ClientGoneException {
            meter.token(sequence);
            usage.generated();
            if (running.isEnd(token.id())) {
                builder.endToken(sequence, token);
                return;
            }
            boolean done = builder.token(sequence, token);
            if (builder.reasons(sequence)) {
                usage.reasoned();
            }
            if (done) {
                complete[sequence] = true;
                arrivals.cancel(sequence);
                builder.end(sequence, FinishReason.STOP);
            }
        }

        private void end(int sequence, Event.End end) throws InterruptedException, ClientGoneException {
            switch (end) {
                case Event.Finished finished -> {
                    complete[sequence] = true;
                    builder.end(
                            sequence, finished.reason() == Event.Reason.STOP ? FinishReason.STOP : FinishReason.LENGTH);
                }
                // Only a client that hung up makes us cancel a sequence that is not complete.
                case Event.Cancelled _ -> throw new ClientGoneException();
                case Event.Failed failed -> throw new RefusedException(error(failed));
            }
        }
    }

    private static ApiError error(Event.Failed failed) {
        return switch (failed.failure()) {
            case DEADLINE -> ApiError.timeout("the request's time limit has passed");
            case SLOW_READER -> ApiError.timeout("the answer was read too slowly");
            case RUNNER -> ApiError.engineFailed();
            case OUT_OF_MEMORY -> ApiError.outOfMemory(RETRY_AFTER_SECONDS);
            case DEVICE_LOST -> ApiError.deviceLost(RESTART_SECONDS);
            case CLOSED -> ApiError.unavailable("the model was closed", "model_closed", 1);
        };
    }

    /// What makes an answer of the sequences' events. One thread calls all of it.
    interface AnswerBuilder {
        /// A prompt token's score.
        default void scored(int sequence, Event.Scored scored) {}

        /// A token of the answer; true if the answer is complete with it.
        boolean token(int sequence, Event.Token token) throws InterruptedException, ClientGoneException;

        /// Whether the last token was part of the model's thinking.
        default boolean reasons(int sequence) {
            return false;
        }

        /// The token that ends the answer. [#end] follows.
        void endToken(int sequence, Event.Token token);

        /// The sequence's answer is complete.
        void end(int sequence, FinishReason reason) throws InterruptedException, ClientGoneException;

        /// How many frames went to the client so far.
        default long sent() {
            return 0;
        }

        /// Nothing was sent for a while.
        default void silence() throws InterruptedException, ClientGoneException {}
    }
}
