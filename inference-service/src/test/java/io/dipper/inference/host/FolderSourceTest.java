package io.dipper.inference.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.dipper.checkpoint.CheckpointException;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Exports on first use: what they leave where they come to nothing, and that loads at once share one.
@Timeout(120)
class FolderSourceTest {
    private static final Wanted MINI = Wanted.of(Fixtures.dipperMini().toString(), Target.CPU_F32);

    private static final int LOADS = 4;

    @TempDir
    Path models;

    private Path exports;
    private FolderSource source;

    @BeforeEach
    void name() {
        exports = models.resolve(".direct");
        source = new FolderSource(models);
    }

    @Test
    void oneThatIsInterruptedLeavesNothing() throws Exception {
        while (exportsThoughInterrupted()) {
            StagedFolder.deleteTree(exports);
        }
        assertThat(exports).isEmptyDirectory();
    }

    /// Interrupts an export when its first file may be written. True if it was over before that.
    private boolean exportsThoughInterrupted() throws InterruptedException {
        var exported = new FutureTask<>(() -> source.find(MINI));
        Thread exporting = Thread.ofPlatform().start(exported);
        while (staged().isEmpty() && !exported.isDone()) {
            Thread.onSpinWait();
        }
        exporting.interrupt();
        try {
            return exported.get().isPresent();
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(IOException.class);
            return false;
        }
    }

    @Test
    void oneThatIsRefusedLeavesNothing() throws Exception {
        Path checkpoint = Files.createDirectory(models.resolve("refused"));
        Files.writeString(checkpoint.resolve("config.json"), "{\"model_type\": \"of-tomorrow\"}");
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> source.find(Wanted.of(checkpoint.toString(), Target.CPU_F32)));
        if (Files.exists(exports)) {
            assertThat(exports).isEmptyDirectory();
        }
    }

    @Test
    void whatADeadProcessLeftOfAnotherCheckpointGoesWithTheNextExport() throws Exception {
        Path left = Files.createDirectories(exports.resolve("0123/.cpu-f32.staged-9/content"));
        Files.writeString(left.resolveSibling("lock"), "");
        Path whole = Files.createDirectories(exports.resolve("0123/cuda-bf16"));
        assertThat(source.find(MINI)).isPresent();
        assertThat(left).doesNotExist();
        assertThat(whole).exists();
    }

    @Test
    void loadsOfTheSameFilesAtOnceAllHaveTheOneExport() throws Exception {
        var together = new CyclicBarrier(LOADS);
        Path checkpoint = Fixtures.golden("qwen3").toAbsolutePath();
        List<Callable<ModelFiles>> loads = new ArrayList<>();
        for (int i = 0; i < LOADS; i++) {
            String name = "model-" + i;
            loads.add(() -> {
                together.await();
                return source.files(name, checkpoint, "0123", Target.CPU_F32);
            });
        }
        Set<Path> folders = new HashSet<>();
        try (var threads = Executors.newFixedThreadPool(LOADS)) {
            for (Future<ModelFiles> load : threads.invokeAll(loads)) {
                folders.add(load.get().exportFolder());
            }
        }
        assertThat(folders).hasSize(1);
    }

    private List<Path> staged() {
        try (Stream<Path> all = Files.walk(exports)) {
            return all.filter(path -> path.toString().contains(".staged-")).toList();
        } catch (IOException | UncheckedIOException _) {
            // Not there yet, or deleted just now.
            return List.of();
        }
    }
}
