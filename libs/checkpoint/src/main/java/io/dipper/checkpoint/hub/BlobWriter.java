package io.dipper.checkpoint.hub;

import io.dipper.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The part of a blob that is on disk already, and its digest so far: what an earlier, cut-off
/// download left is hashed once and continued.
final class BlobWriter implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path file;
    private final HubFile wanted;
    private final FileChannel channel;
    private final MessageDigest digest;
    private long position;

    private BlobWriter(Path file, HubFile wanted, FileChannel channel) {
        this.file = file;
        this.wanted = wanted;
        this.channel = channel;
        this.digest = digest(wanted.content() == HubFile.Content.GIT_SHA_1 ? "SHA-1" : "SHA-256");
    }

    static BlobWriter resume(Path file, HubFile wanted) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        BlobWriter writer = new BlobWriter(file, wanted, channel);
        try {
            if (channel.size() > wanted.bytes()) {
                writer.restart();
            } else {
                writer.hashExisting();
            }
            return writer;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    long position() {
        return position;
    }

    boolean isFull() {
        return position == wanted.bytes();
    }

    void write(ByteBuffer bytes) throws IOException {
        if (bytes.remaining() > wanted.bytes() - position) {
            throw new IOException("more than the announced " + wanted.bytes() + " bytes arrived");
        }
        digest.update(bytes.duplicate());
        int count = bytes.remaining();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be written after " + position + " bytes: " + e.getMessage(), e);
        }
        position += count;
    }

    /// Throws away what is there.
    void restart() throws IOException {
        channel.truncate(0);
        hashExisting();
    }

    /// Whether the content is the announced one; only once it is full.
    boolean isAuthentic() throws IOException {
        channel.force(true);
        String actual = HexFormat.of().formatHex(digest.digest());
        return wanted.content() == HubFile.Content.LENGTH_ONLY || actual.equals(wanted.etag());
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void hashExisting() throws IOException {
        digest.reset();
        if (wanted.content() == HubFile.Content.GIT_SHA_1) {
            digest.update(("blob " + wanted.bytes() + "\0").getBytes(StandardCharsets.US_ASCII));
        }
        channel.position(0);
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        while (channel.read(chunk) >= 0) {
            digest.update(chunk.flip());
            chunk.clear();
        }
        position = channel.position();
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }
}
