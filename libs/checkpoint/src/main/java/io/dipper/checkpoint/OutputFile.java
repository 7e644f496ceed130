package io.dipper.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/// A new file, written from start to end and hashed on the way. Trouble (a full disk, above all) is
/// an exception that names the file; [#finish] makes the content durable.
public final class OutputFile implements WritableByteChannel {
    private static final long MAX_BUFFER_BYTES = 1 << 30;
    private static final int WORTH_A_THREAD = 256 << 10;
    private static final Thread ANY_OTHER = Thread.ofVirtual().unstarted(() -> {});
    private static final Executor HASHERS = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("hash-", 0).factory());

    private final Path file;
    private final FileChannel channel;
    private final MessageDigest digest = Digests.sha256();
    private long position;

    private OutputFile(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /// Creates `file` or empties it.
    public static OutputFile create(Path file) throws IOException {
        try {
            return new OutputFile(
                    file,
                    FileChannel.open(
                            file,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING));
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be created: " + reason(e), e);
        }
    }

    /// Bytes written so far.
    public long position() {
        return position;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return write(source, Runnable::run);
    }

    public void write(byte[] source) throws IOException {
        write(ByteBuffer.wrap(source));
    }

    /// Hashing takes as long as writing: what is large, and not confined to this thread, is hashed by
    /// another one meanwhile.
    public void write(MemorySegment source) throws IOException {
        boolean apart = source.byteSize() >= WORTH_A_THREAD && source.isAccessibleBy(ANY_OTHER);
        for (long done = 0; done < source.byteSize(); done += MAX_BUFFER_BYTES) {
            long bytes = Math.min(MAX_BUFFER_BYTES, source.byteSize() - done);
            write(source.asSlice(done, bytes).asByteBuffer(), apart ? HASHERS : Runnable::run);
        }
    }

    private int write(ByteBuffer source, Executor hasher) throws IOException {
        int bytes = source.remaining();
        ByteBuffer hashed = source.duplicate();
        var hashing = CompletableFuture.runAsync(() -> digest.update(hashed), hasher);
        try {
            while (source.hasRemaining()) {
                channel.write(source);
            }
        } catch (IOException e) {
            throw failed(e);
        } finally {
            hashing.join();
        }
        position += bytes;
        return bytes;
    }

    /// Zeros up to the next multiple of `alignment`.
    public void align(int alignment) throws IOException {
        write(new byte[(int) Math.floorMod(-position, (long) alignment)]);
    }

    /// Flushes to the disk and closes; the result names the file as its folder does.
    public StoredFile finish() throws IOException {
        try {
            channel.force(true);
            channel.close();
        } catch (IOException e) {
            throw failed(e);
        }
        return new StoredFile(file.getFileName().toString(), position, Digests.hex(digest));
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private CheckpointException failed(IOException e) {
        return CheckpointException.of(file, "cannot be written after " + position + " bytes: " + reason(e), e);
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
