package io.dipper.inference.host;

import io.dipper.export.Target;
import io.dipper.servicesupport.registry.ModelName;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/// A model that somebody wants served.
///
/// @param asked a name, or the path of a checkpoint's folder
/// @param force also if its proof failed
/// @param card on this of the service's cards; empty leaves the choice to the service
public record Wanted(String asked, Target target, boolean force, OptionalInt card) {

    public static Wanted of(String asked, Target target) {
        return new Wanted(asked, target, false, OptionalInt.empty());
    }

    /// What the model is called.
    public String name() {
        return folder().map(FolderSource::nameOf).orElse(asked);
    }

    /// Whether there can be such a model: a model can have its name, which is its folder's if it is asked for by
    /// that.
    public boolean isPossible() {
        return ModelName.isValid(name());
    }

    /// The checkpoint's folder, if it was asked for by its path.
    public Optional<Path> folder() {
        return FolderSource.checkpointFolder(asked);
    }
}
