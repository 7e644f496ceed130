package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.CheckpointException;
import io.dipper.checkpoint.Floats;
import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.TensorInfo;
import io.dipper.export.ExportResult.ConfigurationRefused;
import io.dipper.export.ExportResult.Exported;
import io.dipper.export.ExportResult.WeightsRefused;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExporterTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma2",
                "gemma3",
                "gemma3-wrapped",
                "gpt2",
                "llama3",
                "mistral-7b-v0.1",
                "mistral-small-3.1",
                "mistral-small-3.1-wrapped",
                "olmo2",
                "olmo3",
                "qwen3",
                "smollm3"
            })
    void everyGoldenExportsToAFolderWhoseManifestHolds(String name) throws IOException {
        Path out = folder.resolve("export");
        ExportResult result = Exporter.export(Fixtures.golden(name), Target.CPU_F32, out, Progress.NONE);
        assertThat(result).as(result.message()).isInstanceOf(Exported.class);
        Manifest manifest = Manifest.open(out);
        manifest.verify(out, Progress.NONE);
        assertThat(manifest.tensors())
                .allSatisfy(
                        tensor -> assertThat(tensor.offset() % Target.ALIGNMENT).isZero());
        assertThat(manifest.kvLayers()).hasSizeGreaterThan(2);
    }

    @Test
    void stackedRowsAreTheCheckpointsRowsOneAfterAnother() throws IOException {
        Path out = folder.resolve("export");
        Path golden = Fixtures.golden("qwen3");
        Exporter.export(golden, Target.CPU_F32, out, Progress.NONE);
        Manifest manifest = Manifest.open(out);
        float[] exported = floats(out, manifest, "layers.1.mlp.gate_up");
        float[] gate = stored(golden, "model.layers.1.mlp.gate_proj.weight");
        float[] up = stored(golden, "model.layers.1.mlp.up_proj.weight");
        assertThat(Arrays.copyOf(exported, gate.length)).containsExactly(gate);
        assertThat(Arrays.copyOfRange(exported, gate.length, exported.length)).containsExactly(up);
    }

    @Test
    void aTransposedMatrixIsTurnedAndCutIntoItsParts() throws IOException {
        Path out = folder.resolve("export");
        Path golden = Fixtures.golden("gpt2");
        Exporter.export(golden, Target.CPU_F32, out, Progress.NONE);
        float[] key = floats(out, Manifest.open(out), "layers.1.attn.k");
        float[] stored = stored(golden, "transformer.h.1.attn.c_attn.weight");
        for (int output = 0; output < 64; output++) {
            for (int input = 0; input < 64; input++) {
                assertThat(key[output * 64 + input]).isEqualTo(stored[input * 192 + 64 + output]);
            }
        }
    }

    @Test
    void aTiedHeadIsNotASecondCopy() throws IOException {
        Path out = folder.resolve("export");
        Exporter.export(Fixtures.golden("qwen3"), Target.CPU_F32, out, Progress.NONE);
        assertThat(Manifest.open(out).tensors())
                .noneMatch(tensor -> tensor.name().equals("head"));
    }

    @Test
    void oneReportNamesAllThatDoesNotFitAndNothingIsWritten() throws IOException {
        Path checkpoint = copy("mistral-7b-v0.1");
        String config = Files.readString(checkpoint.resolve("config.json"))
                .replace("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 3")
                .replace("\"vocab_size\": 320", "\"vocab_size\": 321");
        Files.writeString(checkpoint.resolve("config.json"), config);
        Path out = folder.resolve("export");
        ExportResult result = Exporter.export(checkpoint, Target.CPU_F32, out, Progress.NONE);
        assertThat(result).isInstanceOf(WeightsRefused.class);
        assertThat(result.message())
                .contains("extra model.layers.3.self_attn.q_proj.weight")
                .contains("misshapen lm_head.weight: expected [321, 64], found [320, 64]")
                .contains("misshapen model.embed_tokens.weight");
        assertThat(out).doesNotExist();
    }

    @Test
    void anUnknownKeyIsRefusedByNameAndNothingIsWritten() throws IOException {
        Path checkpoint = copy("qwen3");
        String config = Files.readString(checkpoint.resolve("config.json"))
                .replace("\"vocab_size\"", "\"residual_scale\": 0.5, \"vocab_size\"");
        Files.writeString(checkpoint.resolve("config.json"), config);
        Path out = folder.resolve("export");
        ExportResult result = Exporter.export(checkpoint, Target.CPU_F32, out, Progress.NONE);
        assertThat(result).isInstanceOf(ConfigurationRefused.class);
        assertThat(result.message()).startsWith("residual_scale = 0.5: ");
        assertThat(out).doesNotExist();
    }

    @Test
    void troubleInTheMiddleOfWritingLeavesNothingBehind() throws IOException {
        Path out = folder.resolve("export");
        Progress breaks = (phase, done, total) -> {
            if (phase.startsWith("write") && done > total / 2) {
                throw new IllegalStateException("the disk is full");
            }
        };
        assertThatThrownBy(() -> Exporter.export(Fixtures.golden("qwen3"), Target.CPU_F32, out, breaks))
                .hasMessage("the disk is full");
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void aFolderThatIsThereIsNotOverwritten() throws IOException {
        Path out = Files.createDirectory(folder.resolve("export"));
        assertThatThrownBy(() -> Exporter.export(Fixtures.golden("qwen3"), Target.CPU_F32, out, Progress.NONE))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("exists already");
    }

    private Path copy(String golden) throws IOException {
        Path target = Files.createDirectory(folder.resolve("checkpoint"));
        for (String file : new String[] {"config.json", "model.safetensors"}) {
            Files.copy(Fixtures.golden(golden).resolve(file), target.resolve(file));
        }
        return target;
    }

    private static float[] floats(Path out, Manifest manifest, String name) throws IOException {
        Manifest.Tensor tensor = manifest.tensors().stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow();
        byte[] all = Files.readAllBytes(out.resolve(tensor.file()));
        float[] values = new float[(int) (tensor.bytes() / Float.BYTES)];
        ByteBuffer.wrap(all, (int) tensor.offset(), (int) tensor.bytes())
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        return values;
    }

    private static float[] stored(Path folder, String name) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            TensorInfo tensor = checkpoint.tensors().get(name);
            return Floats.decode(tensor.type(), checkpoint.map(tensor));
        }
    }
}
