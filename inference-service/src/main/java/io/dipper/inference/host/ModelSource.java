package io.dipper.inference.host;

import java.io.IOException;
import java.util.Optional;

/// Finds models by name. Asked on threads that may wait.
@FunctionalInterface
public interface ModelSource {
    /// Empty if nothing of its name is known here.
    ///
    /// @throws IOException if it is known but cannot be had
    Optional<ModelFiles> find(Wanted wanted) throws IOException, InterruptedException;

    /// Asks the other where this one knows nothing.
    default ModelSource or(ModelSource other) {
        return wanted -> {
            Optional<ModelFiles> found = find(wanted);
            return found.isPresent() ? found : other.find(wanted);
        };
    }
}
