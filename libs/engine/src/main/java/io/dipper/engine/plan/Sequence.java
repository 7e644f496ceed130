package io.dipper.engine.plan;

import io.dipper.engine.Outbox;
import io.dipper.engine.Submission;
import io.dipper.engine.Usage;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One request as the engine's thread sees it: its tokens so far and which of them have keys and
/// values in the pool.
///
/// ```
/// tokens:  | prompt ............ | generated ... |
///          0        computed ^            length ^      pending = length - computed
/// ```
///
/// A sequence decodes when one token is pending and its prompt is read; else it reads (its prompt,
/// or after an eviction everything that it had).
public final class Sequence {
    private final Submission submission;
    private final Outbox outbox;
    private final long submittedNs;
    private final @Nullable SeenTokens seen;
    private int[] tokens;
    private int length;
    private int computed;
    private int scored;
    private int passed;
    private long startedNs = NOT_STARTED;
    private BlockTable[] tables = {};

    private static final long NOT_STARTED = Long.MIN_VALUE;

    public Sequence(Submission submission, Outbox outbox, long submittedNs) {
        this.submission = submission;
        this.outbox = outbox;
        this.submittedNs = submittedNs;
        this.tokens = Arrays.copyOf(submission.prompt(), submission.prompt().length + 16);
        this.length = submission.prompt().length;
        this.seen = submission.sampling().penalises() ? SeenTokens.inPrompt(submission.prompt()) : null;
    }

    public Submission submission() {
        return submission;
    }

    public Outbox outbox() {
        return outbox;
    }

    public int length() {
        return length;
    }

    public int computed() {
        return computed;
    }

    public int pending() {
        return length - computed;
    }

    public int promptLength() {
        return submission.prompt().length;
    }

    public int generated() {
        return length - promptLength();
    }

    public boolean decodes() {
        return pending() == 1 && generated() > 0;
    }

    public int token(int position) {
        if (position >= length) {
            throw new IllegalArgumentException("position " + position + " of " + length + " tokens");
        }
        return tokens[position];
    }

    /// The tokens seen so far, for penalties; null if the request has none.
    public @Nullable SeenTokens seen() {
        return seen;
    }

    /// Blocks held in each KV group.
    public BlockTable table(int group) {
        return tables[group];
    }

    boolean holdsTables() {
        return tables.length > 0;
    }

    void giveTables(BlockTable[] given) {
        tables = given;
    }

    void copyTokens(int from, int[] into, int at, int count) {
        System.arraycopy(tokens, from, into, at, count);
    }

    void append(int id) {
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, tokens.length * 2);
        }
        tokens[length++] = id;
        if (seen != null) {
            seen.generated(id);
        }
    }

    void advance(int count) {
        computed += count;
    }

    /// After an eviction nothing is in the pool any more.
    void forgetComputed() {
        computed = 0;
    }

    /// Prompt tokens whose scores were reported; kept over evictions so that none is reported
    /// twice.
    int scored() {
        return scored;
    }

    void markScored(int position) {
        scored = position;
    }

    /// How many others were admitted while this one waited before them.
    int passed() {
        return passed;
    }

    void letPass() {
        passed++;
    }

    public void start(long nowNs) {
        if (startedNs == NOT_STARTED) {
            startedNs = nowNs;
        }
    }

    /// What it has used so far.
    public Usage usage(long nowNs) {
        return new Usage(promptLength(), 0, generated(), queuedNs(nowNs));
    }

    private long queuedNs(long nowNs) {
        // The step that takes it may have read the clock before it was submitted.
        return Math.max(0, (startedNs == NOT_STARTED ? nowNs : startedNs) - submittedNs);
    }
}
