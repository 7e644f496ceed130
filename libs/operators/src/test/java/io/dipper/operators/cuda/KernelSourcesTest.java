package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every kernel file is CUDA C++ for the oldest generation of cards and for newer ones. Skipped where
/// there is no `nvcc`.
@Tag("card")
class KernelSourcesTest {
    /// Files that have code which they compile with other than their own definitions only.
    private static final List<Arguments> OTHER_FORMS = List.of(
            arguments("sliced.cu", "WARPS=16 RANKS=1"),
            arguments("decode.cu", "HEAD_DIM=64 VALUE_DIM=64 GROUP=4 DECODE_WARPS=8"),
            arguments("decode.cu", "HEAD_DIM=32 VALUE_DIM=48 GROUP=16 DECODE_WARPS=8"),
            arguments("decode.cu", "HEAD_DIM=256 VALUE_DIM=256 GROUP=16"));

    @TempDir
    Path folder;

    static Stream<Arguments> sources() throws IOException, URISyntaxException {
        Path sources = Path.of(CudaCard.class.getResource("common.cuh").toURI()).getParent();
        try (Stream<Path> all = Files.list(sources)) {
            List<String> files = all.map(path -> path.getFileName().toString())
                    .filter(name -> name.endsWith(".cu"))
                    .sorted()
                    .toList();
            return Stream.concat(files.stream().map(file -> arguments(file, "")), OTHER_FORMS.stream());
        }
    }

    @ParameterizedTest
    @MethodSource("sources")
    void compilesForOldAndNewCards(String file, String defines) throws IOException, InterruptedException {
        assumeTrue(runs(List.of("nvcc", "--version")), "there is no nvcc on this machine");
        Path joined = folder.resolve(file);
        Files.writeString(joined, CudaCard.kernelSource(file.replace(".cu", "")));
        for (String architecture : List.of("sm_80", "sm_90a")) {
            Path log = folder.resolve("log");
            var command = new ArrayList<>(List.of("nvcc", "-std=c++17", "-arch=" + architecture, "-cubin"));
            Stream.of(defines.split(" ")).filter(of -> !of.isEmpty()).forEach(of -> command.add("-D" + of));
            command.addAll(List.of("-o", "/dev/null", joined.toString()));
            Process compiler = new ProcessBuilder(command)
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
