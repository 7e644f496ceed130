package io.dipper.inference.host;

import io.dipper.export.Target;
import java.io.IOException;
import java.util.Optional;

/// Finds models by name. Asked on threads that may wait.
@FunctionalInterface
public interface ModelSource {
    /// Empty if nothing of this name is known here.
    ///
    /// @throws IOException if it is known but cannot be had
    Optional<ModelFiles> find(String name, Target target) throws IOException;

    /// Asks the other where this one knows nothing.
    default ModelSource or(ModelSource other) {
        return (name, target) -> {
            Optional<ModelFiles> found = find(name, target);
            return found.isPresent() ? found : other.find(name, target);
        };
    }
}
