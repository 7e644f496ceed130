package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.StoredType;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaTargetTest {
    @TempDir
    Path folder;

    @Test
    void matricesAreBfloat16AndVectorsFloat32() throws IOException {
        Path out = folder.resolve("export");
        Exporter.export(Fixtures.golden("qwen3"), Target.CUDA_BF16, out, Progress.NONE);

        Manifest manifest = Manifest.open(out);
        assertThat(manifest.tensors())
                .allSatisfy(tensor -> assertThat(tensor.type())
                        .as(tensor.name())
                        .isEqualTo(tensor.shape().length == 1 ? StoredType.F32 : StoredType.BF16));
        long bytes =
                manifest.tensors().stream().mapToLong(Manifest.Tensor::bytes).sum();
        assertThat(Files.size(out.resolve("weights.bin")))
                .isBetween(bytes, bytes + 64L * manifest.tensors().size());
    }

    @Test
    void theGoldensValuesAreKeptToTheBit() throws IOException {
        Path bf16 = folder.resolve("bf16");
        Path f32 = folder.resolve("f32");
        Exporter.export(Fixtures.golden("llama3"), Target.CUDA_BF16, bf16, Progress.NONE);
        Exporter.export(Fixtures.golden("llama3"), Target.CPU_F32, f32, Progress.NONE);

        // Golden weights are exact in bfloat16: each value is the upper half of its float32 form.
        byte[] wide = Files.readAllBytes(f32.resolve("weights.bin"));
        byte[] narrow = Files.readAllBytes(bf16.resolve("weights.bin"));
        Manifest.Tensor ofWide = Manifest.open(f32).tensors().getFirst();
        Manifest.Tensor ofNarrow = Manifest.open(bf16).tensors().getFirst();
        assertThat(ofNarrow.name()).isEqualTo(ofWide.name());
        for (int i = 0; i < ofNarrow.bytes() / 2; i++) {
            assertThat(narrow[(int) ofNarrow.offset() + 2 * i + 1]).isEqualTo(wide[(int) ofWide.offset() + 4 * i + 3]);
            assertThat(narrow[(int) ofNarrow.offset() + 2 * i]).isEqualTo(wide[(int) ofWide.offset() + 4 * i + 2]);
        }
    }

    @Test
    void tablesOfWhichATokenReadsARowStayInTheHostsMemory() throws IOException {
        Path out = folder.resolve("export");
        Exporter.export(Fixtures.golden("gemma3n"), Target.CUDA_BF16, out, Progress.NONE);

        assertThat(Manifest.open(out).tensors().stream().filter(tensor -> tensor.place() == Manifest.Place.HOST))
                .extracting(Manifest.Tensor::name)
                .containsExactly("per_layer.embedding");
    }

    @Test
    void everyDesignIsLoweredForACardToo() throws IOException {
        try (Stream<Path> goldens = Files.list(Fixtures.golden("qwen3").getParent())) {
            for (Path golden : goldens.filter(Files::isDirectory).toList()) {
                Path out = folder.resolve(golden.getFileName().toString());
                ExportResult result = Exporter.export(golden, Target.CUDA_BF16, out, Progress.NONE);
                assertThat(result).as(golden + ": " + result.message()).isInstanceOf(ExportResult.Exported.class);
            }
        }
    }
}
