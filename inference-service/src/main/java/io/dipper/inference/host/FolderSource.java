package io.dipper.inference.host;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.CheckpointException;
import io.dipper.checkpoint.Digests;
import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Models given as the path of a folder: a checkpoint as it was published. It is exported on first
/// use, and the export is found again by the checkpoint's digest.
public final class FolderSource implements ModelSource {
    private static final Logger LOG = LoggerFactory.getLogger(FolderSource.class);

    private final Path exports;
    private final Map<Path, Lock> exporting = new ConcurrentHashMap<>();

    /// Keeps exports under `models`, apart from what the registry keeps there.
    public FolderSource(Path models) {
        this.exports = models.resolve(".direct");
    }

    @Override
    public Optional<ModelFiles> find(Wanted wanted) throws IOException, InterruptedException {
        if (wanted.folder().isEmpty()) {
            return Optional.empty();
        }
        Path checkpoint = wanted.folder().get();
        String digest = Digests.ofCheckpoint(checkpoint, Progress.NONE);
        return Optional.of(files(nameOf(checkpoint), checkpoint, digest, wanted.target()));
    }

    /// A checkpoint's files under that name, exported for the target if they were not before.
    ///
    /// @param digest of the checkpoint, see [Digests#ofCheckpoint]
    ModelFiles files(String name, Path checkpoint, String digest, Target target)
            throws IOException, InterruptedException {
        Path out = exports.resolve(digest).resolve(target.toString());
        // Loads of the same files at once make one export.
        Lock turn = exporting.computeIfAbsent(out, _ -> new ReentrantLock());
        turn.lockInterruptibly();
        try {
            if (!Files.exists(out.resolve(Manifest.FILE))) {
                export(checkpoint, target, out);
            }
        } finally {
            turn.unlock();
        }
        return new ModelFiles(name, out, checkpoint);
    }

    /// What a model given as `path` is called: the folder's own name.
    public static String nameOf(Path path) {
        return path.getFileName().toString();
    }

    /// The folder that a text names, if it is the path of a checkpoint.
    public static Optional<Path> checkpointFolder(String text) {
        if (text.indexOf('/') < 0 && text.indexOf('\\') < 0) {
            return Optional.empty();
        }
        try {
            Path folder = Path.of(text).toAbsolutePath().normalize();
            return Files.isRegularFile(folder.resolve(Checkpoint.CONFIG)) ? Optional.of(folder) : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private void export(Path checkpoint, Target target, Path out) throws IOException {
        sweep();
        boolean isThere = false;
        try {
            ExportResult result = Exporter.export(checkpoint, target, out, Progress.NONE);
            if (!(result instanceof ExportResult.Exported)) {
                throw CheckpointException.of(checkpoint, result.message());
            }
            isThere = true;
        } finally {
            if (!isThere) {
                deleteIfEmpty(out.getParent());
            }
        }
    }

    /// Deletes what processes left that died while they exported: whole weights, perhaps, of checkpoints that
    /// nobody asks for any more.
    private void sweep() {
        if (!Files.isDirectory(exports)) {
            return;
        }
        try (DirectoryStream<Path> ofCheckpoints = Files.newDirectoryStream(exports, Files::isDirectory)) {
            for (Path ofCheckpoint : ofCheckpoints) {
                StagedFolder.sweep(ofCheckpoint);
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Another process sweeps too, perhaps.
            LOG.info("{} is not cleared of half exports: {}", exports, e.toString());
        }
    }

    /// Exports for other targets may lie there, or be on their way.
    private static void deleteIfEmpty(Path folder) throws IOException {
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException _) {
            // They stay.
        }
    }
}
