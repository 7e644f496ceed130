package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Floats;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class TensorFloatsTest {
    private static final int BLOCK = 32;

    @Test
    void eightBitValuesAreMultipliedByTheirBlocksFactor() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(Fixtures.golden("deepseek-v3-fp8"))) {
            // 48 rows and 64 columns: the last block of rows is a partial one.
            var tensor = checkpoint.tensors().get("model.layers.0.self_attn.q_a_proj.weight");
            var scales = checkpoint.tensors().get("model.layers.0.self_attn.q_a_proj.weight_scale_inv");
            float[] raw = Floats.decode(tensor.type(), checkpoint.map(tensor));
            float[] factors = Floats.decode(scales.type(), checkpoint.map(scales));
            float[] values = new float[5];
            TensorFloats floats = TensorFloats.scaled(checkpoint, tensor, scales, BLOCK, BLOCK);
            floats.read(40 * 64 + 30, values.length, values);
            for (int i = 0; i < values.length; i++) {
                int column = 30 + i;
                assertThat(values[i]).isEqualTo(raw[40 * 64 + column] * factors[2 + column / BLOCK]);
            }
        }
    }
}
