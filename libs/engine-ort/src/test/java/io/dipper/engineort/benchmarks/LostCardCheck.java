package io.dipper.engineort.benchmarks;

import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.engine.Engine;
import io.dipper.engine.EngineLimits;
import io.dipper.engine.Event;
import io.dipper.engine.Outbox;
import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import io.dipper.engine.Submitted;
import io.dipper.engineort.Cards;
import io.dipper.engineort.OrtRunner;
import io.dipper.engineort.RunnerOptions;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Faults of a real card, told by the engine: versions, what does not fit, a card that is not there, and a
/// context that is lost while two models stream. Prints what came of each; ends with the number of things
/// that were not as they must be. A process of its own.
///
/// Arguments: a checkpoint's folder, a folder that is or becomes its export, and the class name of what loses the card,
/// with
/// a static `lose(int)`; then the card's number, 0 if it is not given.
public final class LostCardCheck {
    private static final int STREAMS = 6;

    /// Sequences of the whole context that no card holds.
    private static final int MUCH = 1_000_000;

    private static final long KV_BYTES = 256L << 20;

    private static int wrong;

    private LostCardCheck() {}

    public static void main(String[] arguments) throws Exception {
        int card = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 0;
        Path export = Path.of(arguments[1]);
        if (!Files.exists(export.resolve(Manifest.FILE))) {
            Exporter.export(Path.of(arguments[0]), Target.named("cuda-bf16"), export, Progress.NONE);
        }
        System.out.println(Cards.describe(card));
        refused(
                "a card that is not there",
                () -> OrtRunner.open(export, RunnerOptions.onCard(63, KV_BYTES)),
                "there is no card 63");
        refused(
                "more than fits",
                () -> OrtRunner.open(
                        export,
                        RunnerOptions.forLoad(MUCH, Manifest.open(export).contextLength(), 512, 1)
                                .withCard(card)),
                "does not fit");
        lose(export, card, arguments[2]);
        System.exit(wrong);
    }

    @FunctionalInterface
    private interface Attempt {
        AutoCloseable run() throws Exception;
    }

    private static void refused(String what, Attempt attempt, String words) throws Exception {
        try {
            attempt.run().close();
            check(what + ": was not refused", false);
        } catch (RuntimeException e) {
            check(what + ": " + e.getMessage(), e.getMessage().contains(words));
        }
    }

    private static void check(String what, boolean right) {
        System.out.println((right ? "right  " : "WRONG  ") + what);
        wrong += right ? 0 : 1;
    }

    private static void lose(Path export, int card, String fault) throws Exception {
        Engine one = engine(export, card, "one");
        Engine other = engine(export, card, "other");
        List<Outbox> outboxes = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            Engine engine = i % 2 == 0 ? one : other;
            var request = new Submission(new int[] {5 + i, 7, 11}, Sampling.greedy(), 1_900, new int[0]);
            outboxes.add(((Submitted.Accepted) engine.submit(request)).outbox());
        }
        for (Outbox outbox : outboxes) {
            check("a stream begins", outbox.take() instanceof Event.Token);
        }
        long startNs = System.nanoTime();
        Class.forName(fault).getMethod("lose", int.class).invoke(null, card);
        for (Outbox outbox : outboxes) {
            Event event = outbox.take();
            while (!(event instanceof Event.End)) {
                event = outbox.take();
            }
            check(
                    "a stream ends: " + event,
                    event instanceof Event.Failed failed && failed.failure() == Event.Failure.DEVICE_LOST);
        }
        System.out.printf("all ends after %.1f ms%n", (System.nanoTime() - startNs) * 1e-6);
        check("both engines say so", one.isDeviceLost() && other.isDeviceLost());
        one.close();
        other.close();
        check("closing both went well", true);
        try (OrtRunner _ = OrtRunner.open(export, RunnerOptions.onCard(card, KV_BYTES))) {
            check("a load after the loss went well", false);
        } catch (RuntimeException e) {
            check("a load after the loss: " + e, e instanceof io.dipper.engine.DeviceLostException);
        }
    }

    private static Engine engine(Path export, int card, String name) throws Exception {
        OrtRunner runner = OrtRunner.open(export, RunnerOptions.onCard(card, KV_BYTES));
        check(
                name + " for " + Manifest.open(export).target() + " on " + runner.device(),
                runner.device().startsWith("cuda:"));
        return new Engine(name, runner, EngineLimits.forShape(runner.shape()));
    }
}
