package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Floats;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.TensorInfo;
import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class RandomWeightsTest {
    @TempDir
    Path folder;

    private void write(String golden, long seed, long shardBytes, String name) throws IOException {
        JsonNode config = Checkpoint.readConfig(Fixtures.golden(golden));
        Read read = (Read) Families.read(config);
        RandomWeights.write(config, read, seed, shardBytes, folder.resolve(name), Progress.NONE);
    }

    @Test
    void theyExportLikeAPublishedCheckpoint() throws IOException {
        write("llama3", 7, Long.MAX_VALUE, "random");
        ExportResult result =
                Exporter.export(folder.resolve("random"), Target.CPU_F32, folder.resolve("export"), Progress.NONE);
        assertThat(result).as(result.message()).isInstanceOf(ExportResult.Exported.class);
    }

    @Test
    void exportedWithoutACheckpointTheyHaveTheSameSizesAndAreTheSameForEqualSeeds() throws IOException {
        Read read = (Read) Families.read(Checkpoint.readConfig(Fixtures.golden("qwen3-moe")));
        for (String name : new String[] {"a", "b"}) {
            Exporter.exportRandom(read, 7, Target.CUDA_BF16, folder.resolve(name), Progress.NONE);
        }
        write("qwen3-moe", 7, Long.MAX_VALUE, "random");
        Exporter.export(folder.resolve("random"), Target.CUDA_BF16, folder.resolve("through"), Progress.NONE);
        byte[] drawn = Files.readAllBytes(folder.resolve("a/weights.bin"));
        assertThat(Files.readAllBytes(folder.resolve("b/weights.bin"))).isEqualTo(drawn);
        assertThat(folder.resolve("through/weights.bin")).hasSize(drawn.length);
        assertThat(folder.resolve("through/model.onnx")).hasSameBinaryContentAs(folder.resolve("a/model.onnx"));
    }

    @Test
    void equalSeedsGiveEqualFilesAndOthersDoNot() throws IOException {
        write("qwen3", 7, Long.MAX_VALUE, "a");
        write("qwen3", 7, Long.MAX_VALUE, "b");
        write("qwen3", 8, Long.MAX_VALUE, "c");
        byte[] a = Files.readAllBytes(folder.resolve("a/model.safetensors"));
        assertThat(Files.readAllBytes(folder.resolve("b/model.safetensors"))).isEqualTo(a);
        assertThat(Files.readAllBytes(folder.resolve("c/model.safetensors"))).isNotEqualTo(a);
    }

    @Test
    void largeCheckpointsAreCutIntoShardsThatOpenAsOne() throws IOException {
        write("qwen3", 7, 100_000, "shards");
        assertThat(folder.resolve("shards/model.safetensors.index.json")).exists();
        assertThat(folder.resolve("shards/model-00002-of-00006.safetensors")).exists();
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("shards"))) {
            assertThat(checkpoint.tensors()).hasSize(46);
        }
    }

    @Test
    void matricesKeepTheSizeOfWhatPassesThroughThem() throws IOException {
        write("qwen3", 7, Long.MAX_VALUE, "scaled");
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("scaled"))) {
            TensorInfo down = checkpoint.tensors().get("model.layers.0.mlp.down_proj.weight");
            double squares = 0;
            for (float value : Floats.decode(down.type(), checkpoint.map(down))) {
                squares += value * value;
            }
            assertThat(squares / down.values() * 160).isBetween(0.95, 1.05);
        }
    }
}
