package io.dipper.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A folder that comes into being whole or not at all. It is filled beside its target and renamed
/// once:
/// ```
/// parent/.NAME.staged-123/lock       held while the owner lives, on whatever host
/// parent/.NAME.staged-123/content/   what is being written
/// parent/NAME                        the content, after publish()
/// ```
/// Closing without publishing leaves nothing behind; what a killed process left is swept by the
/// next one.
public final class StagedFolder implements AutoCloseable {
    private static final String MARK = ".staged-";
    private static final String LOCK = "lock";
    private static final String CONTENT = "content";

    /// Those of this process. To close any channel on a file drops the process's lock on it, so a sweep must not
    /// even open theirs: another process would take them for a dead owner's.
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final Path target;
    private final Path staging;
    private final FileChannel lockFile;
    private boolean published;

    private StagedFolder(Path target, Path staging, FileChannel lockFile) {
        this.target = target;
        this.staging = staging;
        this.lockFile = lockFile;
    }

    /// Begins a folder that is to appear as `target`, which must not exist.
    public static StagedFolder beside(Path target) throws IOException {
        Path absolute = target.toAbsolutePath().normalize();
        requireAbsent(absolute);
        Path parent = Files.createDirectories(absolute.getParent());
        sweep(parent);
        Path staging = Files.createTempDirectory(parent, "." + absolute.getFileName() + MARK);
        OWN.add(staging);
        try {
            return begin(absolute, staging);
        } catch (IOException | RuntimeException e) {
            OWN.remove(staging);
            throw e;
        }
    }

    private static StagedFolder begin(Path target, Path staging) throws IOException {
        FileChannel lockFile =
                FileChannel.open(staging.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            lockFile.lock();
            Files.createDirectory(staging.resolve(CONTENT));
            return new StagedFolder(target, staging, lockFile);
        } catch (IOException | RuntimeException e) {
            lockFile.close();
            deleteTree(staging);
            throw e;
        }
    }

    /// Where the content is written.
    public Path path() {
        return staging.resolve(CONTENT);
    }

    /// Refuses work that cannot end well, before it begins. (A disk may still fill up meanwhile.)
    public void requireSpace(long bytes) throws IOException {
        long usable = Files.getFileStore(staging).getUsableSpace();
        if (usable < bytes) {
            throw CheckpointException.of(target, "needs " + bytes + " bytes, the disk has " + usable + " left");
        }
    }

    /// Makes the content durable and renames it to the target.
    public void publish() throws IOException {
        requireAbsent(target);
        forceTree(path());
        try {
            Files.move(path(), target, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw CheckpointException.of(target, "cannot be renamed into place", e);
        }
        force(target.getParent());
        published = true;
    }

    public boolean isPublished() {
        return published;
    }

    @Override
    public void close() throws IOException {
        try {
            deleteTree(staging);
        } finally {
            lockFile.close();
            OWN.remove(staging);
        }
    }

    /// Deletes what dead owners left in `parent`.
    public static void sweep(Path parent) throws IOException {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(parent, ".*" + MARK + "*")) {
            for (Path leftover : leftovers) {
                sweepOne(leftover);
            }
        } catch (NoSuchFileException e) {
            // Nothing was ever staged there.
        }
    }

    /// Deletes a folder and all in it, if it is there; links are deleted, not followed.
    public static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void sweepOne(Path leftover) throws IOException {
        if (OWN.contains(leftover.toAbsolutePath().normalize())) {
            return;
        }
        try (FileChannel lockFile = FileChannel.open(leftover.resolve(LOCK), StandardOpenOption.WRITE);
                FileLock lock = lockFile.tryLock()) {
            if (lock != null) {
                deleteTree(leftover);
            }
        } catch (OverlappingFileLockException e) {
            // Its owner lives in this process.
        } catch (NoSuchFileException e) {
            // Between an owner's creating or deleting the folder and the lock in it: not ours to touch.
        }
    }

    private static void requireAbsent(Path target) throws CheckpointException {
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw CheckpointException.of(target, "exists already");
        }
    }

    private static void forceTree(Path folder) throws IOException {
        try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
            for (Path child : children) {
                if (Files.isDirectory(child)) {
                    forceTree(child);
                } else {
                    force(child);
                }
            }
        }
        force(folder);
    }

    private static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be flushed to the disk: " + e.getMessage(), e);
        }
    }
}
