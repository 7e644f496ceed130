package io.dipper.servicesupport.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A folder that is filled under a name of its own and then renamed, so that it appears whole or not at all.
/// What another process left half done, or still writes to though that process is gone, is in nobody's way.
final class DraftFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DraftFolder.class);
    private static final String PREFIX = ".draft-";

    /// With the names that earlier versions gave them.
    private static final String ALL = "{" + PREFIX + ",.unpacking,.initializing}*";

    private final Path path;

    private DraftFolder(Path path) {
        this.path = path;
    }

    static DraftFolder in(Path parent) throws IOException {
        return new DraftFolder(Files.createTempDirectory(Files.createDirectories(parent), PREFIX));
    }

    /// Deletes the drafts in a folder, as far as they can be: what is still written to is left to the next start.
    static void clear(Path parent) {
        if (!Files.isDirectory(parent)) {
            return;
        }
        try (var drafts = Files.newDirectoryStream(parent, ALL)) {
            drafts.forEach(DraftFolder::delete);
        } catch (IOException e) {
            LOG.info("{} is not cleared of drafts: {}", parent, e.toString());
        }
    }

    Path path() {
        return path;
    }

    /// Gives the folder its name.
    void becomes(Path folder) throws IOException {
        Files.move(path, folder, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Deletes it where it has no other name yet.
    @Override
    public void close() {
        if (Files.exists(path)) {
            delete(path);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.info("{} cannot be deleted yet: {}", folder, e.toString());
        }
    }
}
