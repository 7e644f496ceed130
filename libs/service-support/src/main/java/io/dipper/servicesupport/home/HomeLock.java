package io.dipper.servicesupport.home;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Held by the one process that runs PostgreSQL in a home. The kernel lets go of it when the
/// process dies, however it dies.
public final class HomeLock implements AutoCloseable {

    /// Homes held by this JVM. Closing any channel on a file drops the process's POSIX lock on it,
    /// so a second channel must not even be opened.
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private static final Pattern PID = Pattern.compile("[0-9]{1,10}");
    private static final int OWNER_POLLS = 100;
    private static final long OWNER_POLL_MS = 10;

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
    /// @throws InUseException when another process holds the home; the message names it where it can be known
    public static HomeLock acquire(DipperHome home) {
        Path file = file(home);
        if (!HELD.add(file)) {
            throw inUse(home, "this process");
        }
        FileChannel channel = null;
        boolean taken = false;
        try {
            Files.createDirectories(home.root());
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                throw inUse(home, owner(file).map(pid -> "process " + pid).orElse("another process"));
            }
            var lock = new HomeLock(file, channel);
            lock.writeOwner();
            taken = true;
            return lock;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot lock " + file, e);
        } finally {
            if (!taken) {
                giveUp(file, channel);
            }
        }
    }

    private static void giveUp(Path file, @Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException _) {
            // What kept it from being locked is told.
        } finally {
            HELD.remove(file);
        }
    }

    /// Whether this JVM holds the home, or is about to take it.
    public static boolean isHeldHere(DipperHome home) {
        return HELD.contains(file(home));
    }

    private static Path file(DipperHome home) {
        return home.root().resolve("lock");
    }

    /// For people alone: a disk that is full now may have room soon.
    private void writeOwner() throws IOException {
        try {
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            if (!channel.isOpen()) {
                // The lock is gone with it: this thread was interrupted.
                throw e;
            }
        }
    }

    /// Who holds the lock, as it writes when it has it, which may be in this moment: until then the file is empty or
    /// names an earlier one.
    private static Optional<Long> owner(Path file) throws IOException {
        try {
            for (int i = 0; i < OWNER_POLLS; i++) {
                String text =
                        Files.readString(file, StandardCharsets.ISO_8859_1).strip();
                if (PID.matcher(text).matches()) {
                    long pid = Long.parseLong(text);
                    if (pid != ProcessHandle.current().pid()
                            && ProcessHandle.of(pid).isPresent()) {
                        return Optional.of(pid);
                    }
                }
                TimeUnit.MILLISECONDS.sleep(OWNER_POLL_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }

    private static InUseException inUse(DipperHome home, String owner) {
        return new InUseException(
                "%s is in use by %s: stop that first, or give this one a home or a database of its own"
                        .formatted(home.root(), owner));
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
