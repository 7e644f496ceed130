package io.dipper.engineort.prove;

import io.dipper.engine.Engine;
import io.dipper.engine.EngineLimits;
import io.dipper.engine.Event;
import io.dipper.engine.Outbox;
import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import io.dipper.engine.Submitted;
import io.dipper.engineort.OrtRunner;
import io.dipper.engineort.RunnerOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Proves an exported model against a reference's answers, through the engine that serves it.
///
/// The prompt is scored and continued alone; then prompt and continuation are read as one prompt,
/// whole and
/// in chunks
/// (prefill = decode); then the first request is repeated among others of other lengths (alone = in
/// company).
public final class Prover {
    private static final long KV_BYTES = 256L << 20;
    private static final int CHUNK = 5;
    private static final int COMPANIONS = 7;

    private final Path export;
    private final Reference reference;

    private Prover(Path export, Reference reference) {
        this.export = export;
        this.reference = reference;
    }

    /// Runs the whole comparison.
    ///
    /// @param checkpoint folder with `expected.safetensors`
    /// @param export folder exported from it
    public static Proof prove(Path checkpoint, Path export, Proof.Limits limits)
            throws IOException, InterruptedException {
        return new Prover(export, Reference.read(checkpoint)).prove(limits);
    }

    private Proof prove(Proof.Limits limits) throws IOException, InterruptedException {
        int[] whole = Arrays.copyOf(reference.prompt(), reference.prompt().length + reference.greedyIds().length - 1);
        System.arraycopy(reference.greedyIds(), 0, whole, reference.prompt().length, reference.greedyIds().length - 1);
        Answer alone = run(512, continued(reference.prompt())).getFirst();
        Answer read = run(512, scored(whole)).getFirst();
        Answer inChunks = run(CHUNK, scored(whole)).getFirst();
        Answer inCompany = run(32, company()).get(COMPANIONS / 2);
        return new Proof(
                Math.max(difference(alone.logits, reference.logits(), 0), greedyDifference(alone)),
                alone.ids,
                Arrays.equals(alone.ids, reference.greedyIds()),
                Math.max(difference(alone, read), difference(read, inChunks)),
                difference(alone, inCompany),
                undecided(alone, limits),
                limits);
    }

    private record Answer(int[] ids, Map<Integer, float[]> logits) {}

    private List<Answer> run(int stepTokens, Submission... submissions) throws IOException, InterruptedException {
        var recorder = new LogitsRecorder();
        var runner = OrtRunner.open(export, RunnerOptions.withKvBytes(KV_BYTES).withTap(recorder));
        var limits = new EngineLimits(64, 64, Long.MAX_VALUE, stepTokens, stepTokens, 4096);
        try (var engine = new Engine("prove", runner, limits)) {
            List<Outbox> outboxes = new ArrayList<>();
            for (Submission submission : submissions) {
                switch (engine.submit(submission)) {
                    case Submitted.Accepted accepted -> outboxes.add(accepted.outbox());
                    case Submitted.Refused refused ->
                        throw new IOException(refused.refusal().message());
                }
            }
            List<Answer> answers = new ArrayList<>();
            for (Outbox outbox : outboxes) {
                int[] ids = read(outbox);
                answers.add(new Answer(ids, recorder.of(outbox)));
            }
            return answers;
        }
    }

    private static int[] read(Outbox outbox) throws IOException, InterruptedException {
        List<Integer> ids = new ArrayList<>();
        while (true) {
            switch (outbox.take()) {
                case Event.Token token -> ids.add(token.id());
                case Event.Scored _ -> {}
                case Event.Finished _ -> {
                    return ids.stream().mapToInt(Integer::intValue).toArray();
                }
                case Event.Failed failed -> throw new IOException("the engine failed: " + failed.message());
                case Event.Cancelled _ -> throw new IllegalStateException("nobody cancelled this");
            }
        }
    }

    private Submission continued(int[] prompt) {
        int count = reference.greedyIds().length;
        return new Submission(prompt, Sampling.greedy(), count, new int[0], true, true, 0);
    }

    private static Submission scored(int[] prompt) {
        return new Submission(prompt, Sampling.greedy(), 1, new int[0], true, true, 0);
    }

    /// The request among others whose prompts are parts of its own.
    private Submission[] company() {
        var submissions = new Submission[COMPANIONS];
        int length = reference.prompt().length;
        for (int i = 0; i < COMPANIONS; i++) {
            int from = (i * 3) % Math.max(1, length - 1);
            submissions[i] = continued(
                    i == COMPANIONS / 2 ? reference.prompt() : Arrays.copyOfRange(reference.prompt(), from, length));
        }
        return submissions;
    }

    private double greedyDifference(Answer alone) {
        double worst = 0;
        int last = reference.prompt().length - 1;
        for (int i = 0; i < reference.greedyIds().length; i++) {
            worst = Math.max(
                    worst, difference(alone.logits.get(last + i), reference.greedyLogits()[i]));
            if (alone.ids[i] != reference.greedyIds()[i]) {
                // From here on the two follow different texts.
                return worst;
            }
        }
        return worst;
    }

    private static double difference(Map<Integer, float[]> logits, float[][] expected, int from) {
        double worst = 0;
        for (int position = 0; position < expected.length; position++) {
            worst = Math.max(worst, difference(logits.get(from + position), expected[position]));
        }
        return worst;
    }

    /// Over the positions that both have.
    private static double difference(Answer one, Answer other) {
        double worst = 0;
        for (Map.Entry<Integer, float[]> entry : one.logits.entrySet()) {
            float[] theirs = other.logits.get(entry.getKey());
            if (theirs != null) {
                worst = Math.max(worst, difference(entry.getValue(), theirs));
            }
        }
        return worst;
    }

    private static double difference(float[] one, float[] other) {
        double worst = 0;
        for (int i = 0; i < other.length; i++) {
            double difference = Math.abs((double) one[i] - other[i]);
            // Math.max would do, but says less plainly that NaN must win.
            worst = Double.isNaN(difference) ? Double.NaN : Math.max(worst, difference);
        }
        return worst;
    }

    /// Whether the first id that differs was a near tie for the reference itself.
    private boolean undecided(Answer alone, Proof.Limits limits) {
        for (int i = 0; i < reference.greedyIds().length; i++) {
            if (alone.ids[i] != reference.greedyIds()[i]) {
                float[] sorted = reference.greedyLogits()[i].clone();
                Arrays.sort(sorted);
                return sorted[sorted.length - 1] - sorted[sorted.length - 2] < 2 * limits.logits();
            }
        }
        return false;
    }
}
