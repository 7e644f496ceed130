package io.dipper.inference.answer;

import io.dipper.engine.Engine;
import io.dipper.engine.Outbox;
import io.dipper.engine.Refusal;
import io.dipper.engine.Submission;
import io.dipper.engine.Submitted;
import io.dipper.inference.validation.Generation;
import io.dipper.inference.web.Client;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The sequences of one request in the engine: `n` for each of its prompts, numbered by prompt,
/// then by choice. All are taken or none is.
final class RunningSequences {
    /// No request holds its slot for longer, however slowly it is served.
    private static final Duration LONGEST = Duration.ofHours(1);

    private static final int RETRY_AFTER_SECONDS = 1;
    private static final int RESTART_SECONDS = 10;

    private final List<Outbox> outboxes;
    private final Submission first;
    private final int promptTokens;

    private RunningSequences(List<Outbox> outboxes, Submission first, int promptTokens) {
        this.outboxes = outboxes;
        this.first = first;
        this.promptTokens = promptTokens;
    }

    /// What the sequences of a request have in common.
    ///
    /// @param field names the prompt in refusals
    record Order(
            Engine engine,
            List<int[]> prompts,
            String field,
            Generation generation,
            int[] endIds,
            boolean scorePrompt) {}

    /// Submits all of them. From here on the client's hanging up cancels them.
    ///
    /// @throws RefusedException if the engine does not take them
    static RunningSequences submit(Order order, int contextTokens, Client client) {
        var outboxes = new ArrayList<Outbox>();
        Submission first = null;
        int promptTokens = 0;
        for (int[] prompt : order.prompts()) {
            promptTokens += prompt.length;
            for (int choice = 0; choice < order.generation().choices(); choice++) {
                Submission submission = submission(order, prompt, choice, contextTokens);
                first = first == null ? submission : first;
                switch (order.engine().submit(submission)) {
                    case Submitted.Accepted(Outbox outbox) -> outboxes.add(outbox);
                    case Submitted.Refused(Refusal refusal) -> {
                        outboxes.forEach(Outbox::cancel);
                        throw new RefusedException(
                                order.engine().isDeviceLost()
                                        ? ApiError.deviceLost(RESTART_SECONDS)
                                        : error(refusal, order.field()));
                    }
                }
            }
        }
        client.whenGone(() -> outboxes.forEach(Outbox::cancel));
        return new RunningSequences(List.copyOf(outboxes), first, promptTokens);
    }

    Arrivals arrivals() {
        return new Arrivals(outboxes);
    }

    int sequences() {
        return outboxes.size();
    }

    /// Of all prompts, each counted once however many choices it has.
    int promptTokens() {
        return promptTokens;
    }

    boolean isEnd(int id) {
        return first.endsWith(id);
    }

    private static Submission submission(Order order, int[] prompt, int choice, int contextTokens) {
        Generation generation = order.generation();
        return new Submission(
                prompt,
                generation.samplingOf(choice),
                Math.min(generation.maxTokens(), contextTokens - prompt.length),
                order.endIds(),
                generation.ignoreEnd(),
                order.scorePrompt(),
                System.nanoTime() + LONGEST.toNanos());
    }

    private static ApiError error(Refusal refusal, String field) {
        return switch (refusal.reason()) {
            case QUEUE_FULL, KV_PROMISED ->
                ApiError.tooManyRequests(
                        "too many requests are waiting already, at most " + refusal.limit() + " may",
                        RETRY_AFTER_SECONDS);
            case TOO_LONG ->
                ApiError.contextLengthExceeded(
                        field,
                        field + " and answer must have at most " + refusal.limit() + " tokens together, but have "
                                + refusal.value());
            case UNKNOWN_TOKEN -> ApiError.invalid(field, field + " must have token ids below " + refusal.limit());
            case DRAINING, CLOSED ->
                ApiError.unavailable("the model is shutting down", "draining", RETRY_AFTER_SECONDS);
        };
    }
}
