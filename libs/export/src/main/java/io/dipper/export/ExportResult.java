package io.dipper.export;

import io.dipper.checkpoint.Manifest;
import io.dipper.transformer.family.Refusal;
import io.dipper.transformer.family.WeightReport;

/// What came of an export: a folder that can be served, or why there is none.
public sealed interface ExportResult {
    record Exported(Manifest manifest) implements ExportResult {}

    /// The configuration asks for something that is not built.
    record ConfigurationRefused(Refusal refusal) implements ExportResult {}

    /// The checkpoint's tensors are not those of the configuration.
    record WeightsRefused(WeightReport report) implements ExportResult {}

    /// The design is known, but the target cannot run it yet.
    record DesignRefused(Lowered.Unsupported unsupported) implements ExportResult {}

    /// One text for a person.
    default String message() {
        return switch (this) {
            case Exported(Manifest manifest) -> "exported for " + manifest.target();
            case ConfigurationRefused(Refusal refusal) -> refusal.message();
            case WeightsRefused(WeightReport report) -> report.text();
            case DesignRefused(Lowered.Unsupported unsupported) -> unsupported.message();
        };
    }
}
