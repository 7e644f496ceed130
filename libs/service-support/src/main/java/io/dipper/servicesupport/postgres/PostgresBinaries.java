package io.dipper.servicesupport.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/// The PostgreSQL programs that come as an archive on the class path, unpacked once per archive.
final class PostgresBinaries {

    private static final String ARCHIVE = "/postgres-linux-x86_64.txz";

    private final Path folder;

    private PostgresBinaries(Path folder) {
        this.folder = folder;
    }

    /// The programs under `parent`, unpacked there first if this archive has not been yet.
    static PostgresBinaries unpackedUnder(Path parent) {
        if (!System.getProperty("os.arch").equals("amd64")
                || !System.getProperty("os.name").equals("Linux")) {
            throw new PostgresException(
                    "the embedded PostgreSQL runs on Linux x86-64 only: set dipper.database.url to a server of your own");
        }
        try {
            Path folder = parent.resolve("binaries-" + archiveSize());
            if (!Files.isDirectory(folder)) {
                try (var draft = DraftFolder.in(parent)) {
                    unpack(draft.path());
                    Files.setPosixFilePermissions(draft.path(), PosixFilePermissions.fromString("rwxr-xr-x"));
                    draft.becomes(folder);
                }
            }
            return new PostgresBinaries(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack PostgreSQL under " + parent, e);
        }
    }

    /// Starts one of the programs, in a session of its own. Both its outputs go to `output`.
    ///
    /// PostgreSQL refuses to run as root. In a user namespace of its own it is nobody, and its files still belong
    /// to root outside.
    Process launch(ProcessBuilder.Redirect output, String program, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("setsid"));
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("unshare", "--user"));
        }
        command.add(folder.resolve("bin").resolve(program).toString());
        command.addAll(arguments);
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
        builder.environment().put("LANG", "C");
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run PostgreSQL's " + program, e);
        }
    }

    /// Names the archive: two releases of the same size have not been seen, and reading 15 MB for a
    /// digest costs every start.
    private static long archiveSize() throws IOException {
        var archive = PostgresBinaries.class.getResource(ARCHIVE);
        if (archive == null) {
            throw new IllegalStateException("the PostgreSQL programs are not on the class path: " + ARCHIVE);
        }
        return archive.openConnection().getContentLengthLong();
    }

    private static void unpack(Path target) throws IOException {
        try (InputStream file = PostgresBinaries.class.getResourceAsStream(ARCHIVE);
                var tar = new TarArchiveInputStream(new BufferedInputStream(new XZInputStream(file), 1 << 16))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedIOException("interrupted");
                }
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("the archive leaves its folder: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Files.createDirectories(path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, path);
                    boolean executable = (entry.getMode() & 0100) != 0;
                    Files.setPosixFilePermissions(
                            path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }
}
