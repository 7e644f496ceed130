package io.dipper.engine.loop;

import io.dipper.engine.Event;
import io.dipper.engine.Event.Failure;
import io.dipper.engine.Submission;
import io.dipper.engine.Tokens;
import io.dipper.engine.Usage;
import io.dipper.engine.plan.Plan;
import io.dipper.engine.plan.Progress;
import io.dipper.engine.plan.Row;
import io.dipper.engine.plan.Sequence;
import io.dipper.engine.plan.State;
import java.util.Arrays;
import java.util.function.LongSupplier;

/// Books a step's tokens, tells the readers, and ends what is at its end: each request exactly
/// once.
final class Retirement {
    private static final int[] NO_IDS = {};
    private static final float[] NO_LOGPROBS = {};

    private final State state;
    private final Inbox inbox;
    private final LongSupplier clock;
    private long finished;
    private long cancelled;
    private long failed;
    private long promptTokens;
    private long generatedTokens;

    Retirement(State state, Inbox inbox, LongSupplier clock) {
        this.state = state;
        this.inbox = inbox;
        this.clock = clock;
    }

    void retire(Plan plan, Tokens tokens) {
        if (tokens.ids().length != plan.draws()) {
            throw new IllegalStateException(
                    "the runner drew " + tokens.ids().length + " tokens, the plan has " + plan.draws());
        }
        int draw = 0;
        for (Row row : plan.rows()) {
            // Its end may have become known after the step was started.
            if (!hasEnded(row.sequence())) {
                retire(row, tokens, draw);
            }
            draw += row.draws();
        }
    }

    private void retire(Row row, Tokens tokens, int firstDraw) {
        Sequence sequence = row.sequence();
        Submission submission = sequence.submission();
        int lengthBefore = sequence.length();
        boolean readBefore = row.from() >= sequence.promptLength();
        Progress.advance(row);
        if (!readBefore && sequence.computed() >= sequence.promptLength() && sequence.generated() == 0) {
            promptTokens += sequence.promptLength();
        }
        for (int draw = 0; draw < row.draws(); draw++) {
            int position = row.from() + row.firstDraw() + draw + 1;
            int index = firstDraw + draw;
            if (position < sequence.promptLength()) {
                Progress.scored(sequence, position);
                if (!sequence.outbox().offer(scored(tokens, index, position, submission))) {
                    fail(sequence, Failure.SLOW_READER, "the reader is too slow");
                    return;
                }
            } else if (position == lengthBefore && submission.maxTokens() > 0) {
                token(sequence, tokens, index);
                return;
            }
        }
        if (submission.maxTokens() == 0 && sequence.pending() == 0) {
            finish(sequence, Event.Reason.LENGTH);
        }
    }

    private void token(Sequence sequence, Tokens tokens, int index) {
        Submission submission = sequence.submission();
        int id = tokens.ids()[index];
        Progress.append(sequence, id);
        generatedTokens++;
        if (!sequence.outbox().offer(token(tokens, index, submission))) {
            fail(sequence, Failure.SLOW_READER, "the reader is too slow");
        } else if (submission.endsWith(id)) {
            finish(sequence, Event.Reason.STOP);
        } else if (sequence.generated() >= submission.maxTokens()) {
            finish(sequence, Event.Reason.LENGTH);
        }
    }

    void cancel(Sequence sequence) {
        end(sequence, new Event.Cancelled(usage(sequence)));
        cancelled++;
    }

    void fail(Sequence sequence, Failure failure, String message) {
        end(sequence, new Event.Failed(failure, message, usage(sequence)));
        failed++;
    }

    boolean hasEnded(Sequence sequence) {
        return !state.contains(sequence);
    }

    long finished() {
        return finished;
    }

    long cancelled() {
        return cancelled;
    }

    long failed() {
        return failed;
    }

    long promptTokens() {
        return promptTokens;
    }

    long generatedTokens() {
        return generatedTokens;
    }

    private void finish(Sequence sequence, Event.Reason reason) {
        end(sequence, new Event.Finished(reason, usage(sequence)));
        finished++;
    }

    /// Frees first, tells then: who reads the end may count on the blocks.
    private void end(Sequence sequence, Event.End end) {
        state.remove(sequence);
        inbox.left(sequence);
        sequence.outbox().end(end);
    }

    private Usage usage(Sequence sequence) {
        return sequence.usage(clock.getAsLong());
    }

    private static Event.Scored scored(Tokens tokens, int index, int position, Submission submission) {
        return new Event.Scored(
                position,
                tokens.ids()[index],
                tokens.logprobs()[index],
                topIds(tokens, index, submission),
                topLogprobs(tokens, index, submission));
    }

    private static Event.Token token(Tokens tokens, int index, Submission submission) {
        return new Event.Token(
                tokens.ids()[index],
                tokens.logprobs()[index],
                topIds(tokens, index, submission),
                topLogprobs(tokens, index, submission));
    }

    private static int[] topIds(Tokens tokens, int index, Submission submission) {
        int wanted = Math.min(submission.sampling().topLogprobs(), tokens.topWidth());
        int at = index * tokens.topWidth();
        return wanted <= 0 ? NO_IDS : Arrays.copyOfRange(tokens.topIds(), at, at + wanted);
    }

    private static float[] topLogprobs(Tokens tokens, int index, Submission submission) {
        int wanted = Math.min(submission.sampling().topLogprobs(), tokens.topWidth());
        int at = index * tokens.topWidth();
        return wanted <= 0 ? NO_LOGPROBS : Arrays.copyOfRange(tokens.topLogprobs(), at, at + wanted);
    }
}
