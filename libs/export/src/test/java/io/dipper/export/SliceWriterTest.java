package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Floats;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.TensorInfo;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class SliceWriterTest {
    private static final String SLICE = "{\"intermediate_size\": [96, 160, 40, 8], \"skipped_layers\": [0, 4]}";
    private static final int[] KEPT = {1, 2, 3, 5};
    private static final int[] WIDTHS = {96, 160, 40, 8};
    private static final int HIDDEN = 64;
    private static final int PER_LAYER = 16;

    @TempDir
    Path folder;

    private Checkpoint cut(Path golden) throws IOException {
        Path out = folder.resolve("cut");
        assertThat(SliceWriter.write(golden, JsonMapper.shared().readTree(SLICE), out, Progress.NONE))
                .isEmpty();
        return Checkpoint.open(out);
    }

    private static float[] values(Checkpoint checkpoint, String name) {
        TensorInfo tensor = checkpoint.tensors().get(name);
        assertThat(tensor).as(name).isNotNull();
        return Floats.decode(tensor.type(), checkpoint.map(tensor));
    }

    @Test
    void feedForwardPartsKeepTheirFirstValuesAndLayersMoveUp() throws IOException {
        Path golden = Fixtures.golden("gemma3n");
        try (Checkpoint whole = Checkpoint.open(golden);
                Checkpoint part = cut(golden)) {
            for (int layer = 0; layer < KEPT.length; layer++) {
                int width = WIDTHS[layer];
                String to = "model.layers." + layer + ".";
                String from = "model.layers." + KEPT[layer] + ".";
                float[] up = values(whole, from + "mlp.up_proj.weight");
                assertThat(values(part, to + "mlp.up_proj.weight")).isEqualTo(Arrays.copyOf(up, width * HIDDEN));
                float[] down = values(whole, from + "mlp.down_proj.weight");
                float[] cut = values(part, to + "mlp.down_proj.weight");
                assertThat(cut).hasSize(HIDDEN * width);
                for (int row = 0; row < HIDDEN; row++) {
                    for (int column = 0; column < width; column++) {
                        assertThat(cut[row * width + column]).isEqualTo(down[row * 160 + column]);
                    }
                }
                for (String same : new String[] {"self_attn.q_proj.weight", "altup.correct_output_scale"}) {
                    assertThat(values(part, to + same)).isEqualTo(values(whole, from + same));
                }
            }
            assertThat(part.tensors()).doesNotContainKey("model.layers.4.input_layernorm.weight");
        }
    }

    @Test
    void perLayerTablesKeepTheLayersThatStay() throws IOException {
        Path golden = Fixtures.golden("gemma3n");
        try (Checkpoint whole = Checkpoint.open(golden);
                Checkpoint part = cut(golden)) {
            float[] table = values(whole, "model.embed_tokens_per_layer.weight");
            float[] cut = values(part, "model.embed_tokens_per_layer.weight");
            float[] projection = values(whole, "model.per_layer_model_projection.weight");
            float[] cutProjection = values(part, "model.per_layer_model_projection.weight");
            for (int layer = 0; layer < KEPT.length; layer++) {
                for (int i = 0; i < PER_LAYER; i++) {
                    int to = layer * PER_LAYER + i;
                    int from = KEPT[layer] * PER_LAYER + i;
                    for (int token = 0; token < 320; token++) {
                        assertThat(cut[token * 64 + to]).isEqualTo(table[token * 96 + from]);
                    }
                    for (int column = 0; column < HIDDEN; column++) {
                        assertThat(cutProjection[to * HIDDEN + column]).isEqualTo(projection[from * HIDDEN + column]);
                    }
                }
            }
        }
    }

    @Test
    void whatStandsBesideTheTextModelIsCopiedAsItIs() throws IOException {
        Path golden = Fixtures.golden("gemma3n-wrapped");
        try (Checkpoint whole = Checkpoint.open(golden);
                Checkpoint part = cut(golden)) {
            var towers = whole.tensors().keySet().stream()
                    .filter(name -> name.contains("tower"))
                    .toList();
            assertThat(towers).isNotEmpty();
            for (String name : towers) {
                assertThat(values(part, name)).isEqualTo(values(whole, name));
            }
        }
    }

    @Test
    void aSliceThatIsRefusedLeavesNothing() throws IOException {
        var refusal = SliceWriter.write(
                Fixtures.golden("gemma3n"),
                JsonMapper.shared().readTree("{\"skipped_layers\": [1]}"),
                folder.resolve("cut"),
                Progress.NONE);
        assertThat(refusal).isPresent();
        assertThat(folder).isEmptyDirectory();
    }
}
