package io.dipper.engineort.benchmarks;

import io.dipper.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What a card does in one step of an exported model: which kernels run, for how long, what runs beside
/// what, and when nothing runs. Prints Markdown, and JSON with one whole step where asked to.
/// [TraceOptions#USAGE] has the arguments; the model and its steps are those of [DecodeCardBenchmark].
///
/// Recording makes steps a little longer, which is told beside: the same steps' time without it comes
/// from [DecodeCardBenchmark].
public final class StepTrace {
    private final TraceOptions options;
    private final Cupti cupti;
    private final ArrayNode results = JsonNodeFactory.instance.arrayNode();

    private StepTrace(TraceOptions options, Cupti cupti) {
        this.options = options;
        this.cupti = cupti;
    }

    public static void main(String[] arguments) throws Exception {
        var options = TraceOptions.of(arguments);
        // Before anything else uses the card: graphs that were captured earlier are told as a whole only.
        var trace = new StepTrace(options, Cupti.open());
        int code = 0;
        try {
            trace.run();
        } catch (IOException | RuntimeException failure) {
            failure.printStackTrace();
            code = 1;
        }
        System.out.flush();
        Runtime.getRuntime().halt(code);
    }

    private void run() throws IOException, InterruptedException {
        try (Engine engine = BenchmarkEngine.open(
                options.export(), options.sequences(), options.contextTokens(), options.chunk(), options.kvBytes())) {
            var runs = new DecodeRuns(engine);
            runs.load(1, 16, 2);
            cupti.take();
            for (int batch : options.batches()) {
                decode(runs, batch);
            }
            for (int tokens : options.prompts()) {
                prompt(runs, tokens);
            }
        }
        if (options.json().isPresent()) {
            Path file = options.json().get();
            Files.writeString(file, results.toPrettyString() + "\n");
        }
    }

    private void decode(DecodeRuns runs, int batch) throws InterruptedException {
        List<Long> borders = new ArrayList<>();
        runs.round(batch, options.context(), options.warm(), () -> {});
        cupti.take();
        var decoded = runs.round(batch, options.context(), options.steps() + 3, () -> borders.add(cupti.nowNs()));
        List<CardActivity> all = cupti.take();
        List<TracedStep> steps = TracedStep.replayed(all, borders.getFirst(), borders.getLast());
        System.out.printf(
                "%n### %s, batch %d, context %d: %.3f ms a step while traced, as the host sees it%n",
                options.name(), batch, decoded.context(), 1e3 * decoded.secondsPerStep());
        if (steps.isEmpty()) {
            System.out.printf(
                    "no graph's kernels among %d records, %d of graphs, of which %d between %s%n",
                    all.size(),
                    all.stream().filter(one -> one.graph() != 0).count(),
                    all.stream()
                            .filter(one -> one.startNs() > borders.getFirst() && one.endNs() < borders.getLast())
                            .count(),
                    borders);
            all.stream().limit(40).forEach(one -> System.out.println(one));
            return;
        }
        tell("batch", batch, steps.subList(0, Math.min(steps.size(), options.steps())), decoded.secondsPerStep());
    }

    private void prompt(DecodeRuns runs, int tokens) throws InterruptedException {
        for (int i = 0; i < options.warm(); i++) {
            runs.load(1, tokens, 1);
        }
        cupti.take();
        List<TracedStep> steps = new ArrayList<>();
        double seconds = 0;
        for (int i = 0; i < options.steps(); i++) {
            long fromNs = cupti.nowNs();
            seconds += runs.load(1, tokens, 1) / options.steps();
            steps.add(TracedStep.between(cupti.take(), fromNs, cupti.nowNs()));
        }
        System.out.printf(
                "%n### %s, prompt of %d: %.3f ms while traced, as the host sees it%n",
                options.name(), tokens, 1e3 * seconds);
        tell("prompt", tokens, steps, seconds);
    }

    private void tell(String what, int size, List<TracedStep> steps, double seconds) {
        var table = new TraceTable(steps);
        System.out.print(table.text());
        ObjectNode one = results.addObject();
        one.put("model", options.name()).put(what, size).put("context", options.context());
        one.put("steps", steps.size()).put("host_ms", 1e3 * seconds).put("us", table.us());
        one.put("idle_us", table.idleUs()).put("overlap_us", table.overlapUs());
        rows(one.putArray("kernels"), table.rows());
        rows(one.putArray("layer"), table.layer());
        var found = TraceLayers.of(steps.getFirst().activities());
        one.put("layers", found.count()).put("layer_from", found.from()).put("layer_length", found.length());
        timeline(one.putArray("timeline"), steps.get(steps.size() / 2));
    }

    private static void rows(ArrayNode into, List<TraceTable.Row> rows) {
        for (TraceTable.Row row : rows) {
            into.addObject()
                    .put("name", row.name())
                    .put("shape", row.shape())
                    .put("registers", row.registers())
                    .put("shared_bytes", row.sharedBytes())
                    .put("calls", row.calls())
                    .put("mean_us", row.meanUs())
                    .put("sum_us", row.sumUs())
                    .put("added_us", row.addedUs())
                    .put("wait_us", row.waitUs());
        }
    }

    /// One step's activities, from its start on.
    private static void timeline(ArrayNode into, TracedStep step) {
        for (CardActivity activity : step.activities()) {
            into.addObject()
                    .put("name", activity.name())
                    .put("shape", activity.shape())
                    .put("from_us", (activity.startNs() - step.startNs()) * 1e-3)
                    .put("to_us", (activity.endNs() - step.startNs()) * 1e-3);
        }
    }
}
