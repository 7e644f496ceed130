package io.dipper.engineort.benchmarks;

import io.dipper.engine.Engine;
import io.dipper.operators.cuda.CudaCard;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// What a card does in one step of an exported model: which kernels run, for how long, what runs beside
/// what, and when nothing runs. Prints Markdown, and JSON with one whole step where asked to.
/// [TraceOptions#USAGE] has the arguments; the model and its steps are those of [DecodeCardBenchmark],
/// which tells how long they take when nobody records them.
public final class StepTrace {
    /// Steps that begin or end outside of the recorded time are left out.
    private static final int STEPS_AT_BORDERS = 3;

    private final TraceOptions options;
    private final Cupti cupti;
    private final TraceReport report;

    private StepTrace(TraceOptions options, Cupti cupti, TraceReport report) {
        this.options = options;
        this.cupti = cupti;
        this.report = report;
    }

    public static void main(String[] arguments) throws Exception {
        var options = TraceOptions.of(arguments);
        // Before anything uses the card: graphs that were captured earlier would be told as a whole only.
        int code = 0;
        try (Cupti cupti = Cupti.open(options.host())) {
            String card = CudaCard.open(0).description();
            new StepTrace(options, cupti, new TraceReport(options.name(), card)).run();
        } catch (IOException | RuntimeException failure) {
            failure.printStackTrace();
            code = 1;
        }
        System.out.flush();
        // Nothing is left to be closed that the end of the process does not close.
        Runtime.getRuntime().halt(code);
    }

    private void run() throws IOException, InterruptedException {
        try (Engine engine = BenchmarkEngine.open(
                options.export(), options.sequences(), options.contextTokens(), options.chunk(), options.kvBytes())) {
            var runs = new DecodeRuns(engine);
            runs.load(1, 16, 2);
            for (int batch : options.batches()) {
                decode(runs, batch);
            }
            for (int tokens : options.prompts()) {
                prompt(runs, tokens);
            }
        }
        if (options.json().isPresent()) {
            report.write(options.json().get());
        }
    }

    private void decode(DecodeRuns runs, int batch) throws InterruptedException {
        runs.round(batch, options.context(), options.warm(), () -> {});
        cupti.take();
        List<Long> borders = new ArrayList<>();
        var decoded = runs.round(
                batch, options.context(), options.steps() + STEPS_AT_BORDERS, () -> borders.add(cupti.nowNs()));
        Cupti.Recorded recorded = cupti.take();
        List<TracedStep> steps = TracedStep.replayed(recorded.card(), borders.getFirst(), borders.getLast());
        if (steps.isEmpty()) {
            long ofGraphs =
                    recorded.card().stream().filter(one -> one.graph() != 0).count();
            throw new IllegalStateException("no whole step of a captured graph at batch " + batch + ": " + ofGraphs
                    + " of " + recorded.card().size() + " records belong to graphs");
        }
        steps = steps.subList(0, Math.min(steps.size(), options.steps()));
        report.add("batch %d, context %d".formatted(batch, decoded.context()), steps, calls(recorded, steps))
                .put("batch", batch)
                .put("context", decoded.context());
    }

    private void prompt(DecodeRuns runs, int tokens) throws InterruptedException {
        for (int i = 0; i < options.warm(); i++) {
            runs.load(1, tokens, 1);
        }
        cupti.take();
        List<Long> borders = new ArrayList<>(List.of(cupti.nowNs()));
        double seconds = 0;
        for (int i = 0; i < options.steps(); i++) {
            seconds += runs.load(1, tokens, 1);
            borders.add(cupti.nowNs());
        }
        // Only now: what follows a flush waits for the library.
        Cupti.Recorded recorded = cupti.take();
        List<TracedStep> steps = new ArrayList<>();
        double beforeNs = 0;
        double afterNs = 0;
        for (int i = 0; i < options.steps(); i++) {
            var step = TracedStep.between(recorded.card(), borders.get(i), borders.get(i + 1));
            beforeNs += step.startNs() - borders.get(i);
            afterNs += borders.get(i + 1) - step.endNs();
            steps.add(step);
        }
        double hostMs = 1e3 * seconds / options.steps();
        double beforeUs = 1e-3 * beforeNs / options.steps();
        double afterUs = 1e-3 * afterNs / options.steps();
        String heading =
                "prompt of %,d tokens, %.2f ms from its submission to its end, %.0f µs of it before the card began and %.0f after it ended"
                        .formatted(tokens, hostMs, beforeUs, afterUs);
        report.add(heading, steps, calls(recorded, steps))
                .put("prompt", tokens)
                .put("host_ms", hostMs)
                .put("before_us", beforeUs)
                .put("after_us", afterUs);
    }

    /// The host's, from the first step's begin on the card to the last one's end.
    private static List<HostCall> calls(Cupti.Recorded recorded, List<TracedStep> steps) {
        long fromNs = steps.getFirst().startNs();
        long toNs = steps.getLast().endNs();
        return recorded.host().stream()
                .filter(call -> call.startNs() >= fromNs && call.startNs() < toNs)
                .toList();
    }
}
