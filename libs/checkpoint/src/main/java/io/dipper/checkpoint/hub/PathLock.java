package io.dipper.checkpoint.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/// A lock on a file's name, against other processes and, since the system's file locks belong to
/// whole processes, against other threads. The file stays: deleting it would let two owners hold
/// two files of one name.
final class PathLock {
    private static final Map<Path, ReentrantLock> IN_PROCESS = new ConcurrentHashMap<>();

    interface Action<T> {
        T run() throws IOException;
    }

    private PathLock() {}

    /// Waits for the lock and holds it while `action` runs.
    static <T> T holding(Path file, Action<T> action) throws IOException {
        Path absolute = file.toAbsolutePath().normalize();
        ReentrantLock lock = IN_PROCESS.computeIfAbsent(absolute, path -> new ReentrantLock());
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException(file + ": interrupted").initCause(e);
        }
        try {
            return holdingFile(absolute, action);
        } finally {
            lock.unlock();
        }
    }

    private static <T> T holdingFile(Path file, Action<T> action) throws IOException {
        Files.createDirectories(file.getParent());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            if (!held.isValid()) {
                throw new IllegalStateException(file + ": a lock just taken is not held");
            }
            return action.run();
        }
    }
}
