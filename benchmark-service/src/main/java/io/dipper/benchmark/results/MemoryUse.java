package io.dipper.benchmark.results;

/// What the model took while it ran, in bytes, on the inference-service behind the gateway's administration.
///
/// @param kvPeakBytes most that was used at once since the model was loaded
/// @param rssPeakBytes most that the processes were seen to hold, other models of theirs included
/// @param readings how often it was looked
public record MemoryUse(long weightsBytes, long kvReservedBytes, long kvPeakBytes, long rssPeakBytes, int readings) {
    /// The larger of each.
    public MemoryUse peakWith(MemoryUse later) {
        return new MemoryUse(
                Math.max(weightsBytes, later.weightsBytes),
                Math.max(kvReservedBytes, later.kvReservedBytes),
                Math.max(kvPeakBytes, later.kvPeakBytes),
                Math.max(rssPeakBytes, later.rssPeakBytes),
                readings + later.readings);
    }
}
