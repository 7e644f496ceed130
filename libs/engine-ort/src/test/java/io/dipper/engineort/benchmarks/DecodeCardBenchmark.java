package io.dipper.engineort.benchmarks;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Manifest;
import io.dipper.engine.Engine;
import io.dipper.engineort.OrtRunner;
import io.dipper.engineort.OrtRunner.Taken;
import io.dipper.export.MemoryPlan;
import io.dipper.export.MemoryPlan.Load;
import io.dipper.export.Target;
import io.dipper.operators.cuda.CardRates;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading;
import io.dipper.transformer.family.Refusal;
import io.dipper.transformer.tree.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// An exported model through the engine alone, on the device that it was exported for: how long a step
/// takes that continues so many answers, how fast prompts are read, how long loading and compiling take,
/// what the card has less of; beside what the same card reads and multiplies at most in the same run.
/// Prints Markdown, and JSON where asked to. [DecodeOptions#USAGE] has the arguments.
///
/// On processors it runs too, without what only a card has.
public final class DecodeCardBenchmark {
    private static final String CACHE = "DIPPER_CUDA_CACHE";

    private final DecodeOptions options;
    private final Manifest manifest;
    private final Model model;
    private final @Nullable CudaCard card;
    private final ObjectNode result = JsonNodeFactory.instance.objectNode();
    private final StringBuilder text = new StringBuilder();

    private DecodeCardBenchmark(DecodeOptions options, Manifest manifest, Model model, @Nullable CudaCard card) {
        this.options = options;
        this.manifest = manifest;
        this.model = model;
        this.card = card;
    }

    public static void main(String[] arguments) throws Exception {
        var options = DecodeOptions.of(arguments);
        Manifest manifest = Manifest.open(options.export());
        Model model = switch (Families.read(Checkpoint.readConfig(options.config()))) {
            case Refusal refusal -> throw new IOException(refusal.message());
            case Reading.Read read -> read.model();
        };
        CudaCard card = manifest.target().startsWith("cuda-") ? CudaCard.open(0) : null;
        var benchmark = new DecodeCardBenchmark(options, manifest, model, card);
        try {
            benchmark.run();
        } finally {
            benchmark.print();
        }
        // Nothing is left to be closed that the end of the process does not close.
        Runtime.getRuntime().halt(0);
    }

    private void run() throws Exception {
        CardRates rates = card == null ? null : CardRates.of(card);
        heading(rates);
        long free = card == null ? 0 : card.freeBytes();
        if (card != null && options.cold()) {
            loads(card);
        }
        long startNs = System.nanoTime();
        try (OrtRunner runner = openRunner();
                Engine engine = open(runner)) {
            long opened = card == null ? 0 : card.freeBytes();
            tell("open_s", "Open after %.2f s%n", DecodeRuns.since(startNs));
            var runs = new DecodeRuns(engine);
            runs.load(1, 16, 2);
            tell("first_token_s", "first token after %.2f s%n", DecodeRuns.since(startNs));
            prompts(runs, rates);
            steps(runs, rates);
            if (options.load().isPresent()) {
                load(runs, options.load().get());
            }
            if (card != null) {
                memory(free - card.freeBytes());
                phases(runner, opened - card.freeBytes());
            }
        }
    }

    private Engine open(OrtRunner runner) {
        return BenchmarkEngine.on(runner, options.sequences(), options.chunk());
    }

    private OrtRunner openRunner() throws IOException {
        return BenchmarkEngine.runner(
                options.export(), options.sequences(), contextTokens(), options.chunk(), options.kvBytes());
    }

    /// Room for the longest of what is timed.
    private int contextTokens() {
        int most = options.context() + 4 * options.steps() + options.sequences() * options.context() / options.chunk();
        for (int prompt : options.prompts()) {
            most = Math.max(most, prompt);
        }
        int answered = options.load().map(of -> of[1] + of[2]).orElse(0);
        return Math.min(model.contextLength(), Math.max(most, answered) + 64);
    }

    private void heading(@Nullable CardRates rates) {
        result.put("model", options.name());
        result.put("layers", model.blocks().size());
        result.put("target", manifest.target());
        say("%n## %s, %d layers, %s%n".formatted(options.name(), model.blocks().size(), manifest.target()));
        if (card != null && rates != null) {
            result.put("card", card.description());
            result.put("read_gb_s", rates.readBytesPerSecond() * 1e-9);
            result.put("matrix_tflop_s", rates.flopsPerSecond() * 1e-12);
            say("%s: %s%n".formatted(card.description(), rates));
        }
    }

    private void loads(CudaCard present) throws IOException {
        Path weights = options.export().resolve("weights.bin");
        long bytes = Files.size(weights);
        double plain = PlainLoad.seconds(present, weights);
        tell("plain_load_s", "Reading the weights and copying them, nothing else: %.2f s", plain);
        say(", %.2f GB/s of %.2f GB%n".formatted(bytes * 1e-9 / plain, bytes * 1e-9));
        result.put("weight_bytes", bytes);
        System.setProperty(CACHE, Files.createTempDirectory("kernels").toString());
        tell("open_cold_s", "Open with no compiled kernels: %.2f s%n", opening());
        tell("open_warm_s", "Open with all compiled: %.2f s%n", opening());
    }

    private double opening() throws IOException {
        long startNs = System.nanoTime();
        try (Engine engine = open(openRunner())) {
            new DecodeRuns(engine).load(1, 16, 2);
            return DecodeRuns.since(startNs);
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
    }

    private void prompts(DecodeRuns runs, @Nullable CardRates rates) throws InterruptedException {
        var work = work();
        var list = result.putArray("prompts");
        for (int tokens : options.prompts()) {
            double seconds = runs.prompt(tokens);
            double flops = work.promptFlops(tokens);
            var one = list.addObject();
            one.put("tokens", tokens).put("ms", seconds * 1e3).put("tokens_per_s", tokens / seconds);
            one.put("tflop", flops * 1e-12);
            say("Prompt of %,d tokens: %.2f ms, %,.0f tokens/s, %.1f TFLOP/s"
                    .formatted(tokens, seconds * 1e3, tokens / seconds, flops / seconds * 1e-12));
            if (rates != null) {
                one.put("share", flops / seconds / rates.flopsPerSecond());
                say(", %.0f %% of the product's rate".formatted(100 * flops / seconds / rates.flopsPerSecond()));
            }
            say("\n");
        }
    }

    private void steps(DecodeRuns runs, @Nullable CardRates rates) throws InterruptedException {
        var work = work();
        var list = result.putArray("steps");
        say("\n| batch | context | ms a step | tokens/s | GB a step | GB/s | of the read rate |\n");
        say("| --- | --- | --- | --- | --- | --- | --- |\n");
        for (int batch : options.batches()) {
            var decoded = runs.decode(batch, options.context(), options.steps());
            long bytes = work.weightBytes(batch) + batch * work.cacheBytes(decoded.context());
            double seconds = decoded.secondsPerStep();
            double share = rates == null ? Double.NaN : bytes / seconds / rates.readBytesPerSecond();
            var one = list.addObject();
            one.put("batch", batch).put("context", decoded.context()).put("ms", seconds * 1e3);
            one.put("tokens_per_s", batch / seconds).put("bytes", bytes).put("gb_s", bytes / seconds * 1e-9);
            if (rates != null) {
                one.put("share", share);
            }
            say("| %d | %d | %.3f | %,.0f | %.3f | %,.0f | %.0f %% |%n"
                    .formatted(
                            batch,
                            decoded.context(),
                            seconds * 1e3,
                            batch / seconds,
                            bytes * 1e-9,
                            bytes / seconds * 1e-9,
                            100 * share));
        }
    }

    private void load(DecodeRuns runs, int[] of) throws InterruptedException {
        runs.load(of[0], of[1], 4);
        double seconds = runs.load(of[0], of[1], of[2]);
        double rate = of[0] * (double) of[2] / seconds;
        result.putObject("load")
                .put("requests", of[0])
                .put("prompt", of[1])
                .put("answer", of[2])
                .put("tokens_per_s", rate);
        say("%n%d requests at once, %d tokens in, %d out: %,.0f tokens/s in all, %.2f s%n"
                .formatted(of[0], of[1], of[2], rate, seconds));
    }

    private void memory(long taken) {
        var load = new Load(options.sequences(), contextTokens(), options.chunk(), options.kvBytes());
        MemoryPlan plan = MemoryPlan.of(model, Target.named(manifest.target()), load);
        var object = result.putObject("memory");
        object.put("measured", taken).put("planned", plan.totalBytes());
        plan.rows().forEach(row -> object.put(row.what(), row.bytes()));
        say("%nThe card has %,d bytes less than before; planned were %,d (%+.1f %%):%n"
                .formatted(taken, plan.totalBytes(), 100.0 * plan.totalBytes() / taken - 100));
        plan.rows().forEach(row -> say("- %s: %,d%n".formatted(row.what(), row.bytes())));
    }

    /// What was taken for what, in its order; `arena` and `scratch` say what they have, at that time.
    private void phases(OrtRunner runner, long running) {
        var object = result.putObject("taken");
        List<Taken> phases = new ArrayList<>(runner.taken());
        phases.add(new Taken("runs", running, false));
        say("\nTaken for\n");
        for (Taken taken : phases) {
            object.put(taken.what(), taken.bytes());
            say("%s- %s: %,d%n".formatted(taken.isPart() ? "  " : "", taken.what(), taken.bytes()));
        }
    }

    private StepWork work() {
        return new StepWork(model, Target.named(manifest.target()));
    }

    private void tell(String key, String format, double value) {
        result.put(key, value);
        say(format.formatted(value));
    }

    private void say(String part) {
        text.append(part);
        System.out.print(part);
        System.out.flush();
    }

    private void print() throws IOException {
        if (options.json().isPresent()) {
            Path file = options.json().get();
            Files.writeString(file, result.toPrettyString() + "\n");
            Files.writeString(file.resolveSibling(file.getFileName() + ".md"), text);
        }
    }
}
