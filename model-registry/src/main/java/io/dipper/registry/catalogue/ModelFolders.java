package io.dipper.registry.catalogue;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.registry.ModelName;
import java.nio.file.Files;
import java.nio.file.Path;

/// Where a version's files lie:
/// ```
/// models/NAME-DIGEST/checkpoint/   the published files
/// models/NAME-DIGEST/cpu-f32/      the export for that target
/// ```
/// The name is that under which the content came in first; other names of the same content share
/// the folder.
public final class ModelFolders {
    private static final int DIGEST_LETTERS = 12;

    private final Path models;

    public ModelFolders(DipperHome home) {
        this.models = home.models();
    }

    public Path root() {
        return models;
    }

    /// The folder's name for new content. No model's name has a plus sign, so two names never meet
    /// in one folder.
    public static String name(ModelName name, String digest) {
        return name.text().replace('/', '+') + "-" + digest.substring(0, DIGEST_LETTERS);
    }

    public Path of(String folder) {
        return models.resolve(folder);
    }

    public Path checkpoint(String folder) {
        return of(folder).resolve("checkpoint");
    }

    public Path export(String folder, String target) {
        return of(folder).resolve(target);
    }

    /// Both appear by one rename, so being there is being whole.
    public boolean isComplete(String folder, String target) {
        return Files.isDirectory(checkpoint(folder)) && Files.isDirectory(export(folder, target));
    }
}
