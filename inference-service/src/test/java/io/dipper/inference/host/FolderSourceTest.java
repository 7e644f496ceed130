package io.dipper.inference.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is exported on first use, of a checkpoint's folder.
class FolderSourceTest {
    private static final int LOADS = 4;

    @TempDir
    Path models;

    @Test
    void loadsOfTheSameFilesAtOnceAllHaveTheOneExport() throws Exception {
        Path checkpoint = Fixtures.golden("qwen3").toAbsolutePath();
        var source = new FolderSource(models);
        var together = new CyclicBarrier(LOADS);
        List<Callable<ModelFiles>> loads = new ArrayList<>();
        for (int i = 0; i < LOADS; i++) {
            String name = "model-" + i;
            loads.add(() -> {
                together.await();
                return source.files(name, checkpoint, Target.CPU_F32);
            });
        }
        Set<Path> exports = new HashSet<>();
        try (var threads = Executors.newFixedThreadPool(LOADS)) {
            for (Future<ModelFiles> load : threads.invokeAll(loads)) {
                exports.add(load.get().exportFolder());
            }
        }
        assertThat(exports).hasSize(1);
    }
}
