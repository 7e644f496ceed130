package io.dipper.inference.host;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.Runner;
import io.dipper.export.MemoryPlan;
import io.dipper.export.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/// Opens what computes a model.
@FunctionalInterface
public interface RunnerFactory {
    /// Opens an export folder.
    ///
    /// @param card where an export for cards shall run; empty leaves the choice
    /// @throws IOException if the files cannot be read, or that card is none of the service's
    Runner open(Path exportFolder, OptionalInt card) throws IOException;

    /// Asked before anything is made for a target: whether what it runs on is there.
    ///
    /// @throws IOException if a card is none of the service's
    /// @throws io.dipper.operators.cuda.CudaException naming what is missing
    default void require(Target target, OptionalInt card) throws IOException {}

    /// What a runner of an export sets memory aside for, where that is known.
    default Optional<MemoryPlan.Load> load(Manifest manifest) {
        return Optional.empty();
    }

    /// The card on which a runner that leaves the choice would open now.
    default int card() throws IOException {
        return 0;
    }
}
