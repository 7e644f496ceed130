package io.dipper.servicesupport.home;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Held by the one process that runs PostgreSQL in a home. The kernel lets go of it when the
/// process dies, however it dies.
public final class HomeLock implements AutoCloseable {

    /// Homes held by this JVM. Closing any channel on a file drops the process's POSIX lock on it,
    /// so a second channel must not even be opened.
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    /// Another process, or this one, runs PostgreSQL in the home.
    public static final class InUseException extends IllegalStateException {
        InUseException(String message) {
            super(message);
        }
    }

    private HomeLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /// Takes the home for this process.
    ///
    /// @throws InUseException when another process holds the home; the message names it
    public static HomeLock acquire(DipperHome home) {
        Path file = home.root().resolve("lock");
        if (!HELD.add(file)) {
            throw inUse(home, "this one");
        }
        HomeLock taken = null;
        try {
            Files.createDirectories(home.root());
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            HomeLock lock = new HomeLock(file, channel);
            if (channel.tryLock() == null) {
                channel.close();
                throw inUse(home, Files.readString(file).strip());
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
            taken = lock;
            return lock;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot lock " + file, e);
        } finally {
            if (taken == null) {
                HELD.remove(file);
            }
        }
    }

    private static InUseException inUse(DipperHome home, String owner) {
        return new InUseException(
                "%s is in use by process %s: stop that first, or give this one a home or a database of its own"
                        .formatted(home.root(), owner.isEmpty() ? "(unknown)" : owner));
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unlock " + file, e);
        } finally {
            HELD.remove(file);
        }
    }
}
