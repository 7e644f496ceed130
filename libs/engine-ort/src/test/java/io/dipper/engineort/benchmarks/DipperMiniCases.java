package io.dipper.engineort.benchmarks;

import io.dipper.checkpoint.Manifest;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The reference cases of dipper-mini, all at once, through an export of it for any device: how many
/// answers are the reference's id for id, and of the others where they part and how far the reference's
/// two best logits are from each other there.
///
/// Arguments: the checkpoint's folder, an export of it, a `cpu-f32` export of it, and a file for the
/// report as JSON. Ends with 1 if an answer parts where the reference's lead is more than [#LEAD].
public final class DipperMiniCases {
    /// Leads over this are not lost to bfloat16's roundings: they move a logit of this model by less.
    private static final float LEAD = 0.5f;

    private static final long KV_BYTES = 256L << 20;
    private static final int STEP_TOKENS = 512;

    private record Case(String id, int[] prompt, int[] answer) {}

    private DipperMiniCases() {}

    public static void main(String[] arguments) throws Exception {
        Path checkpoint = Path.of(arguments[0]);
        List<Case> cases = cases(checkpoint.resolve("expected.jsonl"));
        List<int[]> answers;
        String target;
        try (Engine engine = open(Path.of(arguments[1]), cases.size())) {
            answers = answers(engine, cases);
            target = Manifest.open(Path.of(arguments[1])).target();
        }
        ObjectNode report = JsonMapper.shared().createObjectNode();
        report.put("target", target).put("cases", cases.size());
        var others = report.putArray("others");
        int equal = 0;
        boolean lost = false;
        try (Engine reference = open(Path.of(arguments[2]), 1)) {
            for (int i = 0; i < cases.size(); i++) {
                int[] expected = cases.get(i).answer();
                int step = Arrays.mismatch(expected, answers.get(i));
                if (step < 0) {
                    equal++;
                    continue;
                }
                float lead = lead(reference, cases.get(i), step);
                lost |= lead > LEAD;
                others.addObject()
                        .put("id", cases.get(i).id())
                        .put("step", step)
                        .put("of", expected.length)
                        .put("lead", lead);
                System.out.printf(
                        "%s parts at %d of %d, where the reference's lead is %.4f%n",
                        cases.get(i).id(), step, expected.length, lead);
            }
        }
        report.put("equal", equal);
        System.out.printf("%s: %d of %d answers equal%n", target, equal, cases.size());
        if (arguments.length > 3) {
            Files.writeString(Path.of(arguments[3]), report.toPrettyString() + "\n");
        }
        System.exit(lost ? 1 : 0);
    }

    private static Engine open(Path export, int sequences) throws IOException {
        int threads = Runtime.getRuntime().availableProcessors();
        var runner = OrtRunner.open(export, new RunnerOptions(KV_BYTES, sequences, STEP_TOKENS, threads, null));
        return new Engine(
                "mini", runner, new EngineLimits(sequences, sequences, Long.MAX_VALUE, STEP_TOKENS, STEP_TOKENS, 4096));
    }

    private static List<int[]> answers(Engine engine, List<Case> cases) throws InterruptedException {
        List<Outbox> outboxes = new ArrayList<>();
        for (Case one : cases) {
            outboxes.add(submit(engine, one.prompt(), Sampling.greedy(), one.answer().length));
        }
        List<int[]> answers = new ArrayList<>();
        for (Outbox outbox : outboxes) {
            answers.add(tokens(outbox).stream().mapToInt(Event.Token::id).toArray());
        }
        return answers;
    }

    /// How far the likeliest token after the reference's first `step` is ahead of the next, in logits.
    private static float lead(Engine reference, Case one, int step) throws InterruptedException {
        int[] seen = IntStream.concat(Arrays.stream(one.prompt()), Arrays.stream(one.answer(), 0, step))
                .toArray();
        Outbox outbox = submit(reference, seen, Sampling.greedy().withTopLogprobs(2), 1);
        float[] best = tokens(outbox).getFirst().topLogprobs();
        return best[0] - best[1];
    }

    private static Outbox submit(Engine engine, int[] prompt, Sampling sampling, int tokens) {
        var submission = new Submission(prompt, sampling, tokens, new int[0]);
        return switch (engine.submit(submission)) {
            case Submitted.Accepted accepted -> accepted.outbox();
            case Submitted.Refused refused ->
                throw new IllegalStateException(refused.refusal().message());
        };
    }

    private static List<Event.Token> tokens(Outbox outbox) throws InterruptedException {
        List<Event.Token> tokens = new ArrayList<>();
        while (true) {
            switch (outbox.take()) {
                case Event.Token token -> tokens.add(token);
                case Event.Finished _ -> {
                    return tokens;
                }
                case Event other -> throw new IllegalStateException("not an answer: " + other);
            }
        }
    }

    private static List<Case> cases(Path file) throws IOException {
        List<Case> cases = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            JsonNode json = JsonMapper.shared().readTree(line);
            cases.add(new Case(
                    json.get("id").stringValue(), integers(json.get("prompt_ids")), integers(json.get("greedy_ids"))));
        }
        return cases;
    }

    private static int[] integers(JsonNode list) {
        return list.valueStream().mapToInt(JsonNode::intValue).toArray();
    }
}
