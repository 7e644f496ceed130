package io.dipper.inference.host;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.Runner;
import io.dipper.engineort.OrtRunner;
import io.dipper.engineort.RunnerOptions;
import io.dipper.export.MemoryPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// Models on ONNX Runtime.
///
/// @param onHost for targets that run on processors
/// @param onCard for those that run on a card
public record OrtRunners(RunnerOptions onHost, RunnerOptions onCard) implements RunnerFactory {
    @Override
    public Runner open(Path exportFolder) throws IOException {
        Manifest manifest = Manifest.open(exportFolder);
        return OrtRunner.open(exportFolder, options(manifest).withProgress(new CopyProgress(manifest)));
    }

    private RunnerOptions options(Manifest manifest) {
        return manifest.target().startsWith("cuda-") ? onCard : onHost;
    }

    /// What fits on a card is not known before it is opened.
    @Override
    public Optional<MemoryPlan.Load> load(Manifest manifest) {
        RunnerOptions options = options(manifest);
        if (options.kvBytes() == RunnerOptions.WHAT_FITS) {
            return Optional.empty();
        }
        return Optional.of(new MemoryPlan.Load(
                options.sequences(),
                Math.min(manifest.contextLength(), options.contextTokens()),
                options.maxChunkTokens(),
                options.kvBytes()));
    }
}
