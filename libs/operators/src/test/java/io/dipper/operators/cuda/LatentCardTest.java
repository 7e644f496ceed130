package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Latent attention in its CUDA forms beside its Java form.
@Tag("card")
class LatentCardTest {
    private static final int BLOCK = 16;

    private record Shape(int heads, int plain, int rotary, int value, int latent) {
        int width() {
            return latent + rotary;
        }
    }

    /// The rows of a step.
    ///
    /// @param past tokens of each row that are in the pool already
    /// @param fresh tokens of each row in this step
    private record Step(int[] past, int[] fresh) {
        /// As `past+fresh`, row after row.
        static Step of(String text) {
            String[] rows = text.split(" ", -1);
            var step = new Step(new int[rows.length], new int[rows.length]);
            for (int row = 0; row < rows.length; row++) {
                String[] both = rows[row].split("\\+", -1);
                step.past[row] = Integer.parseInt(both[0]);
                step.fresh[row] = Integer.parseInt(both[1]);
            }
            return step;
        }

        int rows() {
            return past.length;
        }

        int tokens() {
            return Arrays.stream(fresh).sum();
        }

        int tableWidth() {
            int longest = 0;
            for (int row = 0; row < rows(); row++) {
                longest = Math.max(longest, past[row] + fresh[row]);
            }
            return Math.ceilDiv(longest, BLOCK) + 1;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "4, 16, 8, 16, 32, 0+5 40+1",
        "16, 32, 64, 32, 256, 0+1",
        "16, 32, 64, 32, 256, 600+1",
        "4, 128, 64, 128, 512, 31+1 32+1 33+1 0+1 7+4",
        "20, 64, 64, 40, 256, 0+33",
        "20, 64, 64, 40, 256, 5+9 70+1 300+1",
        "64, 128, 64, 128, 512, 0+200",
        "128, 128, 64, 128, 512, 300+65 7+3",
        "128, 128, 64, 128, 512, 511+1",
        "128, 128, 64, 128, 512, 100+1 20+1 0+1 3+1 511+1 90+1 1+1 64+1 31+1"
    })
    void outputsAndThePoolAreThoseOfTheJavaForm(int heads, int plain, int rotary, int value, int latent, String rows) {
        var shape = new Shape(heads, plain, rotary, value, latent);
        var step = Step.of(rows);
        int blocks = step.rows() * step.tableWidth();
        float[] kept = OneNode.roundedToBf16(OneNode.random(3, blocks * BLOCK * shape.width()));
        float[] expectedPool = kept.clone();
        float[] expected = attention(null, shape, step, expectedPool);
        try (CudaCard card = TestCard.open()) {
            float[] pool = kept.clone();
            float[] actual = attention(card, shape, step, pool);
            Closeness.assertClose(pool, expectedPool, 0.003);
            Closeness.assertClose(actual, expected, 0.01);
            assertThat(attention(card, shape, step, kept.clone())).isEqualTo(actual);
        }
    }

    private static float[] attention(@Nullable CudaCard card, Shape shape, Step step, float[] pool) {
        int tokens = step.tokens();
        int rows = step.rows();
        int[] positions = new int[tokens];
        int[] starts = new int[rows + 1];
        int[] table = new int[rows * step.tableWidth()];
        for (int row = 0; row < rows; row++) {
            starts[row + 1] = starts[row] + step.fresh()[row];
            for (int i = 0; i < step.fresh()[row]; i++) {
                positions[starts[row] + i] = step.past()[row] + i;
            }
        }
        for (int i = 0; i < table.length; i++) {
            table[i] = table.length - 1 - i;
        }
        int projected = shape.heads() * (shape.plain() + shape.value());
        float[] projection = OneNode.random(7, projected * shape.latent());
        for (int i = 0; i < projection.length; i++) {
            projection[i] *= 0.1f;
        }
        return new OneNode("LatentAttention", card)
                .with(
                        Attribute.of("heads", shape.heads()),
                        Attribute.of("plain_dim", shape.plain()),
                        Attribute.of("rotary_dim", shape.rotary()),
                        Attribute.of("value_dim", shape.value()),
                        Attribute.of("latent_dim", shape.latent()),
                        Attribute.of("scale", (float) (1 / Math.sqrt(shape.plain() + shape.rotary()))),
                        Attribute.of("norm_epsilon", 1e-6f),
                        Attribute.of("rope_pairing", "interleaved"),
                        Attribute.of("block_tokens", BLOCK))
                .input(
                        random(1, tokens, shape.heads() * (shape.plain() + shape.rotary())),
                        tokens,
                        (long) shape.heads() * (shape.plain() + shape.rotary()))
                .input(random(2, tokens, shape.width()), tokens, shape.width())
                .matrix(pool, pool.length / (BLOCK * shape.width()), (long) BLOCK * shape.width())
                .input(positions, tokens)
                .input(starts, rows + 1)
                .input(table, rows, step.tableWidth())
                .input(random(4, tokens, shape.rotary() / 2), tokens, shape.rotary() / 2)
                .input(random(5, tokens, shape.rotary() / 2), tokens, shape.rotary() / 2)
                .input(random(6, 1, shape.latent()), shape.latent())
                .matrix(OneNode.roundedToBf16(projection), projected, shape.latent())
                .run(ElementType.F32, ElementType.I32);
    }

    private static float[] random(int seed, int rows, int width) {
        return OneNode.random(seed, rows * width);
    }
}
