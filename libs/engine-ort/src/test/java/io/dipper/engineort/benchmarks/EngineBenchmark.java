package io.dipper.engineort.benchmarks;

import io.dipper.engine.Engine;
import io.dipper.engine.EngineLimits;
import io.dipper.engine.Event;
import io.dipper.engine.Outbox;
import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import io.dipper.engine.Submitted;
import io.dipper.engineort.OrtRunner;
import io.dipper.engineort.RunnerOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// An exported model through the engine alone: how long it takes to load, what it takes of memory, how
/// fast it reads prompts and goes on, beside what the machine's memory and ONNX Runtime's own product
/// reach in the same run.
///
/// Arguments: an export folder, the number of threads.
public final class EngineBenchmark {
    private static final long KV_BYTES = 512L << 20;
    private static final int STEP_TOKENS = 512;
    private static final int SEQUENCES = 16;
    private static final int PROMPT = 512;
    private static final int ANSWER = 48;
    private static final int ROUNDS = 3;

    private final Engine engine;
    private final int vocabulary;
    private final SplittableRandom random = new SplittableRandom(1);

    private EngineBenchmark(Engine engine) {
        this.engine = engine;
        this.vocabulary = engine.shape().vocabularySize();
    }

    public static void main(String[] arguments) throws Exception {
        Path export = Path.of(arguments[0]);
        int threads = Integer.parseInt(arguments[1]);
        long before = peakBytes();
        long startNs = System.nanoTime();
        var runner = OrtRunner.open(export, new RunnerOptions(KV_BYTES, SEQUENCES, STEP_TOKENS, threads, null));
        double loadSeconds = since(startNs);
        long weights = runner.weightBytes();
        var limits = new EngineLimits(SEQUENCES, SEQUENCES, Long.MAX_VALUE, STEP_TOKENS, STEP_TOKENS, 4096);
        try (var engine = new Engine("benchmark", runner, limits)) {
            var benchmark = new EngineBenchmark(engine);
            read(benchmark.submit(1, 1));
            System.out.printf(
                    "weights %.3f GB; open after %.2f s, first token after %.2f s%n",
                    weights / 1e9, loadSeconds, since(startNs));
            long loaded = peakBytes();
            System.out.printf(
                    "VmHWM %.3f GB, %.3f of it before loading: %.3f times the weights%n",
                    loaded / 1e9, before / 1e9, (double) loaded / weights);
            long products = runner.manifest().tensors().stream()
                    .filter(tensor -> tensor.name().startsWith("layers."))
                    .mapToLong(tensor -> tensor.bytes() / Float.BYTES)
                    .sum();
            double prefill = benchmark.bestPrefill();
            double[] decode = new double[4];
            int[] streams = {1, 2, 4, 8};
            for (int i = 0; i < streams.length; i++) {
                decode[i] = benchmark.bestDecode(streams[i]);
            }
            System.out.printf("VmHWM after all of it %.3f GB%n", peakBytes() / 1e9);
            double readRate = MachineRates.read(threads);
            double productRate = MachineRates.product(threads);
            System.out.printf(
                    "prefill of %d tokens: %.1f tokens/s, products of layers at %.1f GFLOP/s; ONNX Runtime's: %.1f%n",
                    PROMPT, prefill, 2e-9 * prefill * products, productRate);
            System.out.printf("read rate: %.1f GB/s%n%n", readRate);
            System.out.println("| streams | tokens/s | of one stream | weights read, GB/s | of the read rate |");
            System.out.println("| --- | --- | --- | --- | --- |");
            for (int i = 0; i < streams.length; i++) {
                double read = decode[i] / streams[i] * weights * 1e-9;
                System.out.printf(
                        "| %d | %.2f | %.2f | %.1f | %.0f %% |%n",
                        streams[i], decode[i], decode[i] / decode[0], read, 100 * read / readRate);
            }
        }
    }

    /// Tokens a second from submission to the first token.
    private double bestPrefill() throws InterruptedException {
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long startNs = System.nanoTime();
            read(submit(PROMPT, 1));
            best = Math.max(best, PROMPT / since(startNs));
        }
        return best;
    }

    /// Tokens a second of all streams together, once each has its first.
    private double bestDecode(int streams) throws InterruptedException {
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            List<Outbox> outboxes = new ArrayList<>();
            for (int i = 0; i < streams; i++) {
                outboxes.add(submit(16, ANSWER));
            }
            for (Outbox outbox : outboxes) {
                outbox.take();
            }
            long startNs = System.nanoTime();
            for (Outbox outbox : outboxes) {
                read(outbox);
            }
            best = Math.max(best, streams * (ANSWER - 1) / since(startNs));
        }
        return best;
    }

    private Outbox submit(int promptTokens, int answerTokens) {
        int[] prompt = random.ints(promptTokens, 0, vocabulary).toArray();
        var submission = new Submission(prompt, Sampling.greedy(), answerTokens, new int[0], true, false, 0);
        return ((Submitted.Accepted) engine.submit(submission)).outbox();
    }

    private static void read(Outbox outbox) throws InterruptedException {
        while (!(outbox.take() instanceof Event.End)) {
            // Tokens are only waited for.
        }
    }

    private static double since(long startNs) {
        return (System.nanoTime() - startNs) * 1e-9;
    }

    /// The most that has been resident at once, mapped pages included.
    private static long peakBytes() throws Exception {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        }
    }
}
