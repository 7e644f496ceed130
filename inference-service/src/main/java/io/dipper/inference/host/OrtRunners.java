package io.dipper.inference.host;

import io.dipper.engine.Runner;
import io.dipper.engineort.OrtRunner;
import io.dipper.engineort.RunnerOptions;
import io.dipper.export.MemoryPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// Models on ONNX Runtime, all with the same options.
public record OrtRunners(RunnerOptions options) implements RunnerFactory {
    @Override
    public Runner open(Path exportFolder) throws IOException {
        return OrtRunner.open(exportFolder, options);
    }

    @Override
    public Optional<MemoryPlan.Load> load(int contextTokens) {
        return Optional.of(new MemoryPlan.Load(
                options.sequences(),
                Math.min(contextTokens, options.contextTokens()),
                options.maxChunkTokens(),
                options.kvBytes()));
    }
}
