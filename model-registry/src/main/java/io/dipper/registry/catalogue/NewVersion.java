package io.dipper.registry.catalogue;

import io.dipper.checkpoint.StoredFile;
import io.dipper.servicesupport.registry.ModelName;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// A checkpoint that was brought in and exported, about to become rows.
///
/// @param source where it came from, pinned where that can be: `path:/…` or `hub:org/name@commit`
/// @param folder its folder's name below the models folder
/// @param facts as `inspect` prints them; `architecture` is taken from them
public record NewVersion(
        ModelName name,
        String digest,
        String source,
        String folder,
        List<StoredFile> files,
        Architecture architecture,
        JsonNode facts,
        NewExport export) {
    /// A graph and its weights; `seconds` is what making them took.
    public record NewExport(String target, long bytes, double seconds) {}

    public NewVersion {
        files = List.copyOf(files);
    }

    long bytes() {
        return files.stream().mapToLong(StoredFile::bytes).sum();
    }
}
