package io.dipper.registry.imports;

import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.registry.ModelName;
import java.nio.file.Files;

/// What a caller asks for.
///
/// @param name left out, it is the hub repository's, or the folder's last name
public record ImportRequest(String name, String source, String revision) {
    /// A request that can be begun.
    record Valid(ModelName name, ImportSource source) {}

    Valid validated() {
        if (source == null || source.isBlank()) {
            throw ApiException.badRequest(ImportSource.RULE, "source");
        }
        ImportSource parsed;
        try {
            parsed = ImportSource.parse(source.strip(), revision == null || revision.isBlank() ? null : revision);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(
                    e.getMessage(), e.getMessage().startsWith("revision") ? "revision" : "source");
        }
        String wanted = name == null || name.isBlank() ? standardName(parsed) : name.strip();
        if (!ModelName.isValid(wanted)) {
            throw ApiException.badRequest(ModelName.RULE, "name");
        }
        if (parsed instanceof ImportSource.Folder(var path) && !Files.isDirectory(path)) {
            throw ApiException.badRequest("source names no folder on the registry's host", "source");
        }
        return new Valid(new ModelName(wanted), parsed);
    }

    private static String standardName(ImportSource source) {
        return switch (source) {
            case ImportSource.Folder(var path) ->
                path.getFileName() == null ? "" : path.getFileName().toString();
            case ImportSource.Hub(var repo, var _) -> repo.id();
        };
    }
}
