package io.dipper.registry.catalogue;

import java.time.Instant;

/// What an export's engine was planned to take beside what it took, in bytes; 0 is not known.
///
/// @param predictedTotalBytes weights that steps read whole, keys and values, and the workspace of the
///     largest step
/// @param peakTotalBytes the most that was held of these since the prediction last changed
/// @param reportedAt when an engine last told
public record ExportMemory(
        long predictedKvBytes,
        long reservedKvBytes,
        long predictedTotalBytes,
        long peakTotalBytes,
        Instant reportedAt) {}
