package io.dipper.registry.imports;

import io.dipper.checkpoint.CheckpointException;
import io.dipper.checkpoint.CheckpointFiles;
import io.dipper.checkpoint.OutputFile;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.checkpoint.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// Brings a checkpoint's files into the models folder: whole, verified, or not at all.
final class CheckpointCopy {
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path source;
    private final List<StoredFile> files;
    private final Progress progress;
    private final long total;
    private long done;

    private CheckpointCopy(Path source, List<StoredFile> files, Progress progress) {
        this.source = source;
        this.files = files;
        this.progress = progress;
        this.total = files.stream().mapToLong(StoredFile::bytes).sum();
    }

    /// Copies `files` and their companions (card, reference answers) from `source` to `target`.
    ///
    /// @param linkable whether the source's files never change, so that a hard link is as good as a
    ///     copy
    static void copy(Path source, List<StoredFile> files, Path target, boolean linkable, Progress progress)
            throws IOException {
        if (Files.exists(target)) {
            if (isThere(files, target)) {
                return;
            }
            StagedFolder.deleteTree(target);
        }
        var copy = new CheckpointCopy(source, files, progress);
        try (StagedFolder staged = StagedFolder.beside(target)) {
            if (!linkable) {
                staged.requireSpace(copy.total);
            }
            for (StoredFile file : copy.files) {
                copy.bring(file, staged.path(), linkable);
            }
            for (String name : CheckpointFiles.companions(source)) {
                Files.copy(source.resolve(name), staged.path().resolve(name));
            }
            staged.publish();
        }
    }

    /// The folder appeared whole under its digest's name; lengths are enough to know it again.
    private static boolean isThere(List<StoredFile> files, Path target) throws IOException {
        for (StoredFile file : files) {
            Path path = target.resolve(file.name());
            if (!Files.isRegularFile(path) || Files.size(path) != file.bytes()) {
                return false;
            }
        }
        return true;
    }

    private void bring(StoredFile file, Path folder, boolean linkable) throws IOException {
        if (linkable && link(file, folder)) {
            done += file.bytes();
            progress.report("copy " + file.name(), done, total);
            return;
        }
        StoredFile copied = copyOne(file, folder);
        if (!copied.equals(file)) {
            throw CheckpointException.of(source.resolve(file.name()), "changed while it was imported");
        }
    }

    private boolean link(StoredFile file, Path folder) {
        try {
            Files.createLink(
                    folder.resolve(file.name()), source.resolve(file.name()).toRealPath());
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            return false; // another file system: copy
        }
    }

    private StoredFile copyOne(StoredFile file, Path folder) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        try (FileChannel in = FileChannel.open(source.resolve(file.name()), StandardOpenOption.READ);
                OutputFile out = OutputFile.create(folder.resolve(file.name()))) {
            while (in.read(chunk) >= 0) {
                done += chunk.position();
                out.write(chunk.flip());
                chunk.clear();
                progress.report("copy " + file.name(), done, total);
            }
            return out.finish();
        }
    }
}
