package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Floats;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.SafetensorsFile;
import io.dipper.checkpoint.TensorInfo;
import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The exported graph means what the reference computes: its logits at every position of the golden
/// prompt, by plain loops that share nothing with the operators that serve it.
class GraphParityTest {
    private static final double LIMIT = 2e-4;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma2",
                "gemma3",
                "gemma3-wrapped",
                "gemma3n",
                "gemma3n-wrapped",
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
    void logitsAreTheReferences(String name) throws IOException {
        Path golden = Fixtures.golden(name);
        Path out = folder.resolve("export");
        ExportResult result = Exporter.export(golden, Target.CPU_F32, out, Progress.NONE);
        assertThat(result).as(result.message()).isInstanceOf(ExportResult.Exported.class);
        Read read = (Read) Families.read(Checkpoint.readConfig(golden));
        Lowered.Ready ready = (Lowered.Ready) Lowering.lower(read.model(), Target.CPU_F32);
        ByteBuffer weights = ByteBuffer.wrap(Files.readAllBytes(out.resolve("weights.bin")));
        try (SafetensorsFile expected = SafetensorsFile.open(golden.resolve("expected.safetensors"))) {
            int[] tokens = ids(expected);
            TensorInfo logits = expected.tensors().get("logits");
            float[] reference = Floats.decode(logits.type(), expected.map(logits));
            assertThat(worst(PlainRun.logits(ready.graph(), weights, tokens), reference))
                    .isLessThan(LIMIT);
            assertThat(worst(PlainRun.logits(Fusion.fuse(ready.graph()), weights, tokens), reference))
                    .as("fused")
                    .isLessThan(LIMIT);
        }
    }

    private static double worst(float[] actual, float[] reference) {
        assertThat(actual).hasSameSizeAs(reference);
        double worst = 0;
        for (int i = 0; i < actual.length; i++) {
            worst = Math.max(worst, Math.abs(actual[i] - reference[i]));
        }
        return worst;
    }

    private static int[] ids(SafetensorsFile expected) {
        TensorInfo ids = expected.tensors().get("input_ids");
        long[] values = expected.map(ids).toArray(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
        int[] tokens = new int[values.length];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = (int) values[i];
        }
        return tokens;
    }
}
