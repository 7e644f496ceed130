package io.dipper.inference.host;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Manifest;
import io.dipper.engine.EngineStats;
import io.dipper.engine.Runner;
import io.dipper.export.MemoryPlan;
import io.dipper.export.Target;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import io.dipper.transformer.family.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/// What a loaded model takes, in bytes, beside what was planned before it was loaded; 0 is not known.
///
/// @param plannedTotalBytes weights that steps read whole, keys and values, and the workspace of the
///     largest step
/// @param heldPeakBytes the same as far as it was reserved and held since the model was loaded
/// @param rssBytes of the whole process; 0 where the system does not tell
public record ModelMemory(
        long weightsBytes,
        long kvReservedBytes,
        long kvPeakBytes,
        long plannedKvBytes,
        long plannedTotalBytes,
        long heldPeakBytes,
        long rssBytes) {
    private static final Path STATUS = Path.of("/proc/self/status");

    /// What follows from the export and from what its runner has reserved.
    record Fixed(long weightsBytes, long kvReservedBytes, Planned planned, LongSupplier workspacePeakBytes) {
        static Fixed of(Manifest manifest, Planned planned, Runner runner) {
            long weights = manifest.tensors().stream()
                    .mapToLong(Manifest.Tensor::bytes)
                    .sum();
            Planned settled = runner.plannedBytes() == 0 ? planned : Planned.of(manifest, runner);
            return new Fixed(weights, runner.kvReservedBytes(), settled, runner::workspacePeakBytes);
        }

        ModelMemory with(EngineStats stats) {
            long peak = stats.totalBlocks() == 0 ? 0 : kvReservedBytes * stats.peakBlocks() / stats.totalBlocks();
            long held = weightsBytes - planned.mappedBytes + kvReservedBytes + workspacePeakBytes.getAsLong();
            return new ModelMemory(
                    weightsBytes, kvReservedBytes, peak, planned.kvBytes, planned.totalBytes, held, residentBytes());
        }
    }

    /// What follows from the configuration alone.
    ///
    /// @param mappedBytes tables of which steps read rows: no part of the total
    record Planned(long kvBytes, long totalBytes, long mappedBytes) {
        static final Planned UNKNOWN = new Planned(0, 0, 0);

        /// By the runner's own plan of its device.
        static Planned of(Manifest manifest, Runner runner) {
            long onHost = manifest.tensors().stream()
                    .filter(tensor -> tensor.place() == Manifest.Place.HOST)
                    .mapToLong(Manifest.Tensor::bytes)
                    .sum();
            return new Planned(runner.kvReservedBytes(), runner.plannedBytes(), onHost);
        }

        static Planned of(Path checkpoint, String target, MemoryPlan.Load load) throws IOException {
            return switch (Families.read(Checkpoint.readConfig(checkpoint))) {
                // It was exported by a build that knew more.
                case Refusal _ -> UNKNOWN;
                case Read read -> {
                    MemoryPlan plan = MemoryPlan.of(read.model(), Target.named(target), load);
                    long mapped = plan.mapped().stream()
                            .mapToLong(MemoryPlan.Row::bytes)
                            .sum();
                    yield new Planned(plan.keyValueBytes(), plan.totalBytes(), mapped);
                }
            };
        }
    }

    static long residentBytes() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
                }
            }
        } catch (IOException e) {
            // No such file outside Linux.
            return 0;
        }
        return 0;
    }
}
