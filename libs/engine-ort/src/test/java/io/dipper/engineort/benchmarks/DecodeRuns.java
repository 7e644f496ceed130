package io.dipper.engineort.benchmarks;

import io.dipper.engine.Engine;
import io.dipper.engine.Event;
import io.dipper.engine.Outbox;
import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import io.dipper.engine.Submitted;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/// Times what an engine does with random prompts and greedy answers.
final class DecodeRuns {
    private static final int ROUNDS = 3;
    private static final int PROMPT_ROUNDS = 6;

    /// As long as an engine that is in use takes to have its code compiled.
    private static final double PROMPT_SECONDS = 1.5;

    private final Engine engine;
    private final SplittableRandom random = new SplittableRandom(1);

    DecodeRuns(Engine engine) {
        this.engine = engine;
    }

    /// @param context tokens of a sequence, in the middle of the steps that were timed
    record Decoded(int batch, double secondsPerStep, long context) {}

    /// The seconds of a step that continues `batch` sequences of about `prompt` tokens: the best of a
    /// few rounds of `steps` steps, each round after all prompts are read.
    Decoded decode(int batch, int prompt, int steps) throws InterruptedException {
        Decoded best = round(batch, prompt, steps, () -> {});
        for (int i = 1; i < ROUNDS; i++) {
            Decoded next = round(batch, prompt, steps, () -> {});
            best = next.secondsPerStep < best.secondsPerStep ? next : best;
        }
        return best;
    }

    /// One round, with something done before its timed steps and once more after them, while steps go on.
    Decoded round(int batch, int prompt, int steps, Runnable border) throws InterruptedException {
        // Those whose prompts are read first go on meanwhile.
        int meanwhile = 2 * Math.ceilDiv(batch * prompt, engine.limits().stepTokens()) + 16;
        long generatedBefore = engine.stats().generatedTokens();
        List<Outbox> outboxes = submit(batch, prompt, meanwhile + steps + 16);
        for (Outbox outbox : outboxes) {
            outbox.take();
        }
        Outbox last = outboxes.getLast();
        while (last.poll(0, TimeUnit.NANOSECONDS) != null) {
            // What lies there already came at an unknown time.
        }
        last.take();
        border.run();
        long startNs = System.nanoTime();
        long generated = engine.stats().generatedTokens() - generatedBefore;
        for (int i = 0; i < steps; i++) {
            if (last.take() instanceof Event.End end) {
                throw new IllegalStateException("an answer ended while it was timed: " + end);
            }
        }
        double seconds = since(startNs);
        border.run();
        for (Outbox outbox : outboxes) {
            outbox.cancel();
            finish(outbox);
        }
        return new Decoded(batch, seconds / steps, prompt + generated / batch + steps / 2);
    }

    /// The least seconds from submission of so many prompt tokens to the first token, of some rounds.
    double prompt(int tokens) throws InterruptedException {
        double best = Double.POSITIVE_INFINITY;
        long begunNs = System.nanoTime();
        for (int i = 0; i < PROMPT_ROUNDS || since(begunNs) < PROMPT_SECONDS; i++) {
            best = Math.min(best, load(1, tokens, 1));
        }
        return best;
    }

    /// Seconds that as many requests at once take, from the first submission to the last end.
    double load(int requests, int promptTokens, int answerTokens) throws InterruptedException {
        long startNs = System.nanoTime();
        for (Outbox outbox : submit(requests, promptTokens, answerTokens)) {
            finish(outbox);
        }
        return since(startNs);
    }

    private List<Outbox> submit(int count, int promptTokens, int answerTokens) {
        List<Outbox> outboxes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] prompt = random.ints(promptTokens, 0, engine.shape().vocabularySize())
                    .toArray();
            var submission = new Submission(prompt, Sampling.greedy(), answerTokens, new int[0], true, false, 0);
            switch (engine.submit(submission)) {
                case Submitted.Accepted accepted -> outboxes.add(accepted.outbox());
                case Submitted.Refused refused ->
                    throw new IllegalStateException(refused.refusal().message());
            }
        }
        return outboxes;
    }

    private static void finish(Outbox outbox) throws InterruptedException {
        while (true) {
            switch (outbox.take()) {
                case Event.Failed failed -> throw new IllegalStateException(failed.message());
                case Event.End _ -> {
                    return;
                }
                case Event.Token _, Event.Scored _ -> {}
            }
        }
    }

    static double since(long startNs) {
        return (System.nanoTime() - startNs) * 1e-9;
    }
}
