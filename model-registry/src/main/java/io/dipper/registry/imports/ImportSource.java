package io.dipper.registry.imports;

import io.dipper.checkpoint.hub.HubClient;
import io.dipper.checkpoint.hub.HubRepo;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/// Where a checkpoint comes from, as `path:/folder` or `hub:organisation/name`.
sealed interface ImportSource {
    String RULE = "source must be path:/absolute/folder or hub:organisation/name";

    /// A folder that this process can read.
    record Folder(Path path) implements ImportSource {
        @Override
        public String toString() {
            return "path:" + path;
        }
    }

    /// A repository of the hub at a branch, tag or commit.
    record Hub(HubRepo repo, String revision) implements ImportSource {
        @Override
        public String toString() {
            return "hub:" + repo;
        }
    }

    /// Reads what a caller wrote.
    ///
    /// @param revision for the hub only; null means its main branch
    /// @throws IllegalArgumentException with a message for the caller
    static ImportSource parse(String source, String revision) {
        if (source.startsWith("path:")) {
            if (revision != null) {
                throw new IllegalArgumentException("revision belongs to hub sources only");
            }
            return new Folder(folder(source.substring("path:".length())));
        }
        if (source.startsWith("hub:")) {
            String stated = revision == null ? "main" : revision;
            if (!HubClient.isRevision(stated)) {
                throw new IllegalArgumentException("revision must name a branch, a tag or a commit");
            }
            return new Hub(new HubRepo(source.substring("hub:".length())), stated);
        }
        throw new IllegalArgumentException(RULE);
    }

    private static Path folder(String text) {
        try {
            Path path = Path.of(text);
            if (path.isAbsolute()) {
                return path.normalize();
            }
        } catch (InvalidPathException _) {
            // No path at all: the same rule.
        }
        throw new IllegalArgumentException(RULE);
    }
}
