package io.dipper.registry.catalogue;

import java.time.Instant;
import java.util.List;

/// A model in a list: its current version.
///
/// @param bytes of the checkpoint's files
public record ModelSummary(
        String name,
        String digest,
        String source,
        long bytes,
        Instant createdAt,
        Architecture architecture,
        List<ExportSummary> exports) {
    public record ExportSummary(String target, ExportState state, long bytes) {}
}
