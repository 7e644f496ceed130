package io.dipper.engine.loop;

import io.dipper.engine.EngineLimits;
import io.dipper.engine.Refusal;
import io.dipper.engine.Refusal.Reason;
import io.dipper.engine.RunnerShape;
import io.dipper.engine.Submission;
import io.dipper.engine.plan.Sequence;
import io.dipper.engine.plan.State;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The way in: decides at once whether a submission is taken, and hands the taken ones to the
/// engine's thread.
///
/// Bounded twice, by requests and by the KV tokens that all accepted requests may need at their
/// longest.
final class Inbox {
    private final RunnerShape shape;
    private final EngineLimits limits;
    private final ArrayDeque<Sequence> arrived = new ArrayDeque<>();
    private final Map<Reason, Long> refused = new EnumMap<>(Reason.class);
    private final Set<Sequence> inside = new LinkedHashSet<>();
    private long promisedTokens;
    private long submitted;
    private boolean draining;
    private boolean closed;

    Inbox(RunnerShape shape, EngineLimits limits) {
        this.shape = shape;
        this.limits = limits;
    }

    /// Null if the sequence was taken.
    synchronized @Nullable Refusal offer(Sequence sequence) {
        submitted++;
        Refusal refusal = refusal(sequence.submission());
        if (refusal != null) {
            refused.merge(refusal.reason(), 1L, Long::sum);
            return refusal;
        }
        inside.add(sequence);
        promisedTokens += sequence.submission().mostTokens();
        arrived.add(sequence);
        return null;
    }

    synchronized void drainTo(State state) {
        for (Sequence sequence = arrived.poll(); sequence != null; sequence = arrived.poll()) {
            state.arrive(sequence);
        }
    }

    synchronized boolean hasArrivals() {
        return !arrived.isEmpty();
    }

    /// A request has ended; its promise is free again.
    synchronized void left(Sequence sequence) {
        inside.remove(sequence);
        promisedTokens -= sequence.submission().mostTokens();
    }

    synchronized void drain() {
        draining = true;
    }

    synchronized void close() {
        closed = true;
    }

    /// All that were taken and have not left, in the order in which they came.
    synchronized List<Sequence> inside() {
        return List.copyOf(inside);
    }

    synchronized Counts counts() {
        return new Counts(submitted, Map.copyOf(refused), inside.size(), promisedTokens);
    }

    record Counts(long submitted, Map<Reason, Long> refused, int inside, long promisedTokens) {}

    private @Nullable Refusal refusal(Submission submission) {
        if (closed) {
            return new Refusal(Reason.CLOSED, 0, 0, "the engine has stopped");
        }
        if (draining) {
            return new Refusal(Reason.DRAINING, 0, 0, "the engine is draining");
        }
        for (int id : submission.prompt()) {
            if (id < 0 || id >= shape.vocabularySize()) {
                return new Refusal(
                        Reason.UNKNOWN_TOKEN,
                        shape.vocabularySize(),
                        id,
                        "token ids must be below " + shape.vocabularySize() + ", given: " + id);
            }
        }
        int most = submission.mostTokens();
        if (most > shape.longestSequence()) {
            return new Refusal(
                    Reason.TOO_LONG,
                    shape.longestSequence(),
                    most,
                    "prompt and answer may have " + shape.longestSequence() + " tokens together, asked for: " + most);
        }
        int mostInside = limits.maxRunning() + limits.maxWaiting();
        if (inside.size() >= mostInside) {
            return new Refusal(
                    Reason.QUEUE_FULL, mostInside, inside.size(), "the queue is full: " + inside.size() + " requests");
        }
        if (!inside.isEmpty() && promisedTokens + most > limits.maxPromisedTokens()) {
            return new Refusal(
                    Reason.KV_PROMISED,
                    limits.maxPromisedTokens(),
                    promisedTokens + most,
                    "the queue is full: " + promisedTokens + " KV tokens are promised");
        }
        return null;
    }
}
