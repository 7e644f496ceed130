package io.dipper.inference.host;

import io.dipper.engine.Runner;
import java.io.IOException;
import java.nio.file.Path;

/// Opens what computes a model.
@FunctionalInterface
public interface RunnerFactory {
    Runner open(Path exportFolder) throws IOException;
}
