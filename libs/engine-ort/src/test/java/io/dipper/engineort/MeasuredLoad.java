package io.dipper.engineort;

import io.dipper.engine.Engine;
import io.dipper.engine.EngineLimits;
import io.dipper.engine.Event;
import io.dipper.engine.Outbox;
import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import io.dipper.engine.Submitted;
import io.dipper.export.MemoryPlan.Load;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// What a running engine reserved and held at most under a full load: as many sequences as it takes,
/// each as long as it may be.
///
/// @param weightBytes what a step reads whole of the mapped weights; tables of which it reads rows are
///     not part of it
/// @param workspaceBytes the most that the runtime held at once between nodes
public record MeasuredLoad(long weightBytes, long kvBytes, long workspaceBytes) {
    private static final String TABLE = "per_layer.embedding";
    private static final int ANSWER = 8;

    public long totalBytes() {
        return weightBytes + kvBytes + workspaceBytes;
    }

    public static MeasuredLoad of(Path export, Load load, int threads) throws IOException, InterruptedException {
        var options = RunnerOptions.forLoad(load.sequences(), load.contextTokens(), load.stepTokens(), threads);
        var limits = new EngineLimits(
                load.sequences(), load.sequences(), Long.MAX_VALUE, load.stepTokens(), load.stepTokens(), 4096);
        OrtRunner runner = OrtRunner.open(export, options);
        try (var engine = new Engine("load", runner, limits)) {
            answer(engine, load);
            long weights = runner.manifest().tensors().stream()
                    .filter(tensor -> !tensor.name().equals(TABLE))
                    .mapToLong(tensor -> tensor.bytes())
                    .sum();
            return new MeasuredLoad(weights, runner.kvReservedBytes(), runner.workspacePeakBytes());
        }
    }

    private static void answer(Engine engine, Load load) throws IOException, InterruptedException {
        var random = new SplittableRandom(1);
        List<Outbox> outboxes = new ArrayList<>();
        for (int sequence = 0; sequence < load.sequences(); sequence++) {
            int[] prompt = random.ints(
                            load.contextTokens() - ANSWER, 0, engine.shape().vocabularySize())
                    .toArray();
            var submission = new Submission(prompt, Sampling.greedy(), ANSWER, new int[0], true, false, 0);
            switch (engine.submit(submission)) {
                case Submitted.Accepted accepted -> outboxes.add(accepted.outbox());
                case Submitted.Refused refused ->
                    throw new IOException(refused.refusal().message());
            }
        }
        for (Outbox outbox : outboxes) {
            while (!(outbox.take() instanceof Event.Finished)) {
                // Only the end counts.
            }
        }
    }
}
