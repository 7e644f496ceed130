package io.dipper.engineort.prove;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.DeviceLostException;
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
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Proves an exported model against a reference's answers, through the engine that serves it.
///
/// The prompt is scored and continued alone; then prompt and continuation are read as one prompt,
/// whole and in chunks (prefill = decode); then the first request is repeated among others of other
/// lengths (alone = in company). Without a reference the prompt is made up, and the model is only
/// compared with itself.
public final class Prover {
    private static final long KV_BYTES = 256L << 20;
    private static final int CHUNK = 5;
    private static final int COMPANIONS = 7;

    /// Of a made-up prompt and its continuation.
    private static final int PROMPT_TOKENS = 40;

    private static final int ANSWER_TOKENS = 16;
    private static final int SEED = 1;

    private final Path export;
    private final int threads;
    private final int card;
    private final @Nullable Reference reference;
    private final int[] prompt;
    private final int answerTokens;

    private Prover(Path checkpoint, Path export, int threads, int card) throws IOException {
        Manifest manifest = Manifest.open(export);
        this.export = export;
        this.threads = threads;
        this.card = card;
        this.reference = Reference.find(checkpoint, manifest.vocabularySize());
        this.prompt = reference == null ? madeUp(manifest) : reference.prompt();
        this.answerTokens = reference == null ? ANSWER_TOKENS : reference.greedyIds().length;
    }

    /// Runs the whole comparison on all processors.
    ///
    /// @param checkpoint folder, with `expected.safetensors` if there is a reference
    /// @param export folder exported from it
    public static Proof prove(Path checkpoint, Path export, Proof.Limits limits)
            throws IOException, InterruptedException {
        return prove(checkpoint, export, limits, Runtime.getRuntime().availableProcessors());
    }

    /// As above, on so many threads: who serves meanwhile wants to keep the other processors.
    public static Proof prove(Path checkpoint, Path export, Proof.Limits limits, int threads)
            throws IOException, InterruptedException {
        return prove(checkpoint, export, limits, threads, 0);
    }

    /// As above; an export for cards runs on that card.
    ///
    /// @throws DeviceLostException if the card was lost meanwhile
    public static Proof prove(Path checkpoint, Path export, Proof.Limits limits, int threads, int card)
            throws IOException, InterruptedException {
        return new Prover(checkpoint, export, threads, card).prove(limits);
    }

    private Proof prove(Proof.Limits limits) throws IOException, InterruptedException {
        Submission continued = continued(prompt);
        Answer alone = run(512, continued);
        int[] whole = Arrays.copyOf(prompt, prompt.length + answerTokens - 1);
        System.arraycopy(alone.ids, 0, whole, prompt.length, answerTokens - 1);
        Submission scored = scored(whole);
        Answer read = run(512, scored);
        Answer inChunks = run(CHUNK, scored);
        Answer inCompany = run(32, continued, company());
        return new Proof(
                alone.ids,
                reference == null ? null : compare(alone, reference, limits),
                Math.max(difference(alone, read), difference(read, inChunks)),
                difference(alone, inCompany, prompt.length + alike(alone.ids, inCompany.ids)),
                limits,
                Proof.forms(Manifest.open(export)));
    }

    private static Proof.Comparison compare(Answer alone, Reference reference, Proof.Limits limits) {
        double worst = 0;
        double elsewhere = 0;
        int over = 0;
        for (int position = 0; position < reference.logits().length; position++) {
            double here = difference(alone.logits.get(position), reference.logits()[position]);
            worst = Math.max(worst, here);
            if (here <= limits.logits()) {
                elsewhere = Math.max(elsewhere, here);
            } else {
                over++;
            }
        }
        double[] ofAnswer = answerDifferences(alone, reference);
        return new Proof.Comparison(
                Arrays.stream(ofAnswer).reduce(worst, Math::max),
                worst,
                over,
                reference.logits().length,
                elsewhere,
                (int) Arrays.stream(ofAnswer)
                        .filter(here -> !(here <= limits.logits()))
                        .count(),
                Arrays.equals(alone.ids, reference.greedyIds()),
                undecided(alone, reference, limits));
    }

    /// Any ids will do to compare ways of computing; these are the same each time.
    private static int[] madeUp(Manifest manifest) {
        int length = Math.clamp(manifest.contextLength() - ANSWER_TOKENS, 1, PROMPT_TOKENS);
        return new SplittableRandom(SEED)
                .ints(length, 0, manifest.vocabularySize())
                .toArray();
    }

    private record Answer(int[] ids, Map<Integer, float[]> logits) {}

    /// Runs the request in the middle of its company and returns its answer.
    private Answer run(int stepTokens, Submission request, Submission... company)
            throws IOException, InterruptedException {
        var recorder = new LogitsRecorder(request);
        var options = new RunnerOptions(KV_BYTES, COMPANIONS + 1, stepTokens, threads, recorder).withCard(card);
        var limits = new EngineLimits(COMPANIONS + 1, COMPANIONS + 1, Long.MAX_VALUE, stepTokens, stepTokens, 4096);
        try (var engine = new Engine("prove", OrtRunner.open(export, options), limits)) {
            List<Submission> submissions = new ArrayList<>(List.of(company));
            submissions.add(company.length / 2, request);
            List<Outbox> outboxes = new ArrayList<>();
            for (Submission submission : submissions) {
                switch (engine.submit(submission)) {
                    case Submitted.Accepted accepted -> outboxes.add(accepted.outbox());
                    case Submitted.Refused refused ->
                        throw new IOException(refused.refusal().message());
                }
            }
            int[] ids = {};
            for (int i = 0; i < outboxes.size(); i++) {
                int[] answered = read(engine, outboxes.get(i));
                ids = i == company.length / 2 ? answered : ids;
            }
            return new Answer(ids, recorder.logits());
        }
    }

    private static int[] read(Engine engine, Outbox outbox) throws IOException, InterruptedException {
        List<Integer> ids = new ArrayList<>();
        while (true) {
            switch (outbox.take()) {
                case Event.Token token -> ids.add(token.id());
                case Event.Scored _ -> {}
                case Event.Finished _ -> {
                    return ids.stream().mapToInt(Integer::intValue).toArray();
                }
                case Event.Failed(Event.Failure failure, String message, var _)
                when failure == Event.Failure.DEVICE_LOST ->
                    throw new DeviceLostException(engine.device(), message, null);
                case Event.Failed failed -> throw new IOException("the engine failed: " + failed.message());
                case Event.Cancelled _ -> throw new IllegalStateException("nobody cancelled this");
            }
        }
    }

    private Submission continued(int[] start) {
        return new Submission(start, Sampling.greedy(), answerTokens, new int[0], true, true, 0);
    }

    private static Submission scored(int[] start) {
        return new Submission(start, Sampling.greedy(), 1, new int[0], true, true, 0);
    }

    /// Requests whose prompts are parts of the prompt.
    private Submission[] company() {
        var submissions = new Submission[COMPANIONS];
        for (int i = 0; i < COMPANIONS; i++) {
            int from = (i * 3) % Math.max(1, prompt.length - 1);
            submissions[i] = continued(Arrays.copyOfRange(prompt, from, prompt.length));
        }
        return submissions;
    }

    /// At each position of the answer up to the one at which the two part: from there on they follow
    /// different texts.
    private static double[] answerDifferences(Answer alone, Reference reference) {
        int last = reference.prompt().length - 1;
        int compared = Math.min(alike(alone.ids, reference.greedyIds()) + 1, reference.greedyIds().length);
        double[] differences = new double[compared];
        Arrays.setAll(
                differences,
                i -> difference(alone.logits.get(last + i), reference.greedyLogits()[i]));
        return differences;
    }

    private static double difference(Answer one, Answer other) {
        return difference(one, other, Integer.MAX_VALUE);
    }

    /// How many ids two continuations share before they part. That they part at a near tie needs no
    /// look: the position at which they do is still compared.
    private static int alike(int[] one, int[] other) {
        int mismatch = Arrays.mismatch(one, other);
        return mismatch < 0 ? one.length : mismatch;
    }

    /// Over the positions below `end` that both have.
    private static double difference(Answer one, Answer other, int end) {
        double worst = 0;
        for (Map.Entry<Integer, float[]> entry : one.logits.entrySet()) {
            float[] theirs = other.logits.get(entry.getKey());
            if (theirs != null && entry.getKey() < end) {
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
    private static boolean undecided(Answer alone, Reference reference, Proof.Limits limits) {
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
