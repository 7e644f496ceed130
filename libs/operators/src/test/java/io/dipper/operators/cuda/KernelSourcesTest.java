package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every kernel file is CUDA C++ for the oldest generation of cards and for newer ones. Skipped where
/// there is no `nvcc`.
@Tag("card")
class KernelSourcesTest {
    @TempDir
    Path folder;

    static List<String> files() throws IOException, URISyntaxException {
        Path sources = Path.of(CudaCard.class.getResource("common.cuh").toURI()).getParent();
        try (Stream<Path> all = Files.list(sources)) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> name.endsWith(".cu"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void compilesForOldAndNewCards(String file) throws IOException, InterruptedException {
        assumeTrue(runs(List.of("nvcc", "--version")), "there is no nvcc on this machine");
        Path joined = folder.resolve(file);
        Files.writeString(joined, CudaCard.kernelSource(file.replace(".cu", "")));
        for (String architecture : List.of("sm_80", "sm_90a")) {
            Path log = folder.resolve("log");
            Process compiler = new ProcessBuilder(
                            "nvcc",
                            "-std=c++17",
                            "-arch=" + architecture,
                            "-cubin",
                            "-o",
                            "/dev/null",
                            joined.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            assertThat(compiler.waitFor())
                    .as(() -> "%s for %s: %s".formatted(file, architecture, read(log)))
                    .isZero();
        }
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static boolean runs(List<String> command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor(30, TimeUnit.SECONDS);
        } catch (IOException e) {
            return false;
        }
    }
}
