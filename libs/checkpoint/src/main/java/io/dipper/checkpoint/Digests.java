package io.dipper.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/// SHA-256 of files, streamed, and of whole checkpoints.
public final class Digests {
    private static final int CHUNK_BYTES = 1 << 20;

    private Digests() {}

    /// The digest of one file, in lower-case hex.
    public static String sha256(Path file, Progress progress) throws IOException {
        return stored(file, file.getFileName().toString(), progress).sha256();
    }

    /// The digest of a text, in lower-case hex.
    public static String sha256(String text) {
        MessageDigest digest = sha256();
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        return hex(digest);
    }

    /// Length and digest of each named file of a folder, in the order given.
    public static List<StoredFile> of(Path folder, List<String> names, Progress progress) throws IOException {
        List<StoredFile> files = new ArrayList<>();
        for (String name : names) {
            files.add(stored(folder.resolve(name), name, progress));
        }
        return files;
    }

    /// What identifies a set of files whatever folder holds them: the digest of the lines `sha256,
    /// two blanks, name`, sorted by name.
    public static String combined(List<StoredFile> files) {
        MessageDigest digest = sha256();
        files.stream()
                .sorted(Comparator.comparing(StoredFile::name))
                .forEach(file ->
                        digest.update((file.sha256() + "  " + file.name() + "\n").getBytes(StandardCharsets.UTF_8)));
        return hex(digest);
    }

    /// [#combined] over the files of the checkpoint in `folder` that decide its answers.
    public static String ofCheckpoint(Path folder, Progress progress) throws IOException {
        return combined(of(folder, CheckpointFiles.list(folder), progress));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    private static StoredFile stored(Path file, String name, Progress progress) throws IOException {
        MessageDigest digest = sha256();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        String phase = "hash " + name;
        long done = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long total = channel.size();
            progress.report(phase, 0, total);
            while (channel.read(chunk) >= 0) {
                done += chunk.position();
                digest.update(chunk.flip());
                chunk.clear();
                progress.report(phase, done, total);
            }
        } catch (NoSuchFileException e) {
            throw CheckpointException.of(file, "is missing", e);
        }
        return new StoredFile(name, done, hex(digest));
    }
}
