package io.dipper.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
    private static final String NAME = "libonnxruntime.so";

    @TempDir
    private Path cache;

    @Test
    void theVersionIsTheArtefactsUnlessAnotherLibraryIsNamed() {
        assertThat(Environment.version()).matches("1\\.\\d+\\.\\d+");
    }

    @Test
    void manyThatStartAtOnceEndWithOneWholeLibrary() throws Exception {
        byte[] library = new byte[1 << 20];
        new Random(1).nextBytes(library);
        var start = new CountDownLatch(8);
        var tasks = new ArrayList<Callable<Path>>();
        for (int i = 0; i < 8; i++) {
            tasks.add(() -> {
                start.countDown();
                start.await();
                return NativeLibrary.extract(new ByteArrayInputStream(library), cache, NAME);
            });
        }
        var paths = new HashSet<Path>();
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (var path : threads.invokeAll(tasks)) {
                paths.add(path.get());
            }
        }
        assertThat(paths).hasSize(1);
        assertThat(paths.iterator().next()).hasBinaryContent(library);
        assertNoParts();
    }

    @Test
    void anExtractionThatBreaksLeavesNothing() throws IOException {
        var closed = InputStream.nullInputStream();
        closed.close();
        var broken = new SequenceInputStream(new ByteArrayInputStream(new byte[1000]), closed);
        assertThatThrownBy(() -> NativeLibrary.extract(broken, cache, NAME)).isInstanceOf(IOException.class);
        assertNoParts();
    }

    @Test
    void aFileThatWasCutOffIsReplaced() throws IOException {
        byte[] library = {1, 2, 3};
        var path = NativeLibrary.extract(new ByteArrayInputStream(library), cache, NAME);
        Files.write(path, new byte[] {1});
        NativeLibrary.extract(new ByteArrayInputStream(library), cache, NAME);
        assertThat(path).hasBinaryContent(library);
    }

    @Test
    void whatDoesNotOpenIsNamedWithTheSettingForAnother() throws IOException {
        Path text = Files.writeString(cache.resolve("libonnxruntime.so"), "no library");
        for (Path path : new Path[] {text, cache.resolve("absent")}) {
            assertThatThrownBy(() -> NativeLibrary.open(path))
                    .hasMessageContainingAll(path.toString(), "DIPPER_ORT_LIBRARY");
        }
        assertThatThrownBy(() -> NativeLibrary.extracted(text))
                .hasMessageContainingAll(text.toString(), "DIPPER_ORT_CACHE");
    }

    @Test
    void theResourceFollowsSystemAndMachine() {
        assertThat(NativeLibrary.resource("Linux", "amd64"))
                .isEqualTo("ai/onnxruntime/native/linux-x64/libonnxruntime.so");
        assertThat(NativeLibrary.resource("Mac OS X", "aarch64"))
                .isEqualTo("ai/onnxruntime/native/osx-aarch64/libonnxruntime.dylib");
        assertThatThrownBy(() -> NativeLibrary.resource("Linux", "s390x")).hasMessageContaining("DIPPER_ORT_LIBRARY");
    }

    private void assertNoParts() throws IOException {
        try (var files = Files.list(cache)) {
            assertThat(files).noneMatch(file -> file.toString().endsWith(".part"));
        }
    }
}
