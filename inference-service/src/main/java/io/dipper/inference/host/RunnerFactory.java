package io.dipper.inference.host;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.Runner;
import io.dipper.export.MemoryPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// Opens what computes a model.
@FunctionalInterface
public interface RunnerFactory {
    Runner open(Path exportFolder) throws IOException;

    /// What a runner of an export sets memory aside for, where that is known.
    default Optional<MemoryPlan.Load> load(Manifest manifest) {
        return Optional.empty();
    }
}
