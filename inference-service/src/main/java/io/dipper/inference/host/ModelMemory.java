package io.dipper.inference.host;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.EngineStats;
import io.dipper.engine.RunnerShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What a loaded model takes, in bytes.
///
/// @param rssBytes of the whole process; 0 where the system does not tell
public record ModelMemory(long weightsBytes, long kvReservedBytes, long kvPeakBytes, long rssBytes) {
    private static final Path STATUS = Path.of("/proc/self/status");

    /// What follows from the export and from how many blocks its runner has reserved.
    record Fixed(long weightsBytes, long kvReservedBytes) {
        static Fixed of(Manifest manifest, RunnerShape shape) {
            long weights = manifest.tensors().stream()
                    .mapToLong(Manifest.Tensor::bytes)
                    .sum();
            long kv = 0;
            for (Manifest.KvLayer layer : manifest.kvLayers()) {
                long blocks = shape.groups().get(layer.group()).blocks();
                kv += blocks * shape.blockTokens() * layer.valuesPerToken() * Float.BYTES;
            }
            return new Fixed(weights, kv);
        }

        ModelMemory with(EngineStats stats) {
            long peak = stats.totalBlocks() == 0 ? 0 : kvReservedBytes * stats.peakBlocks() / stats.totalBlocks();
            return new ModelMemory(weightsBytes, kvReservedBytes, peak, residentBytes());
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
