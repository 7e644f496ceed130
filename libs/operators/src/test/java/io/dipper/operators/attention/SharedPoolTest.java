package io.dipper.operators.attention;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import org.junit.jupiter.api.Test;

/// Attention without a key and a value reads what another layer put into the pool.
class SharedPoolTest {
    private static final int HEADS = 4;
    private static final int KV_HEADS = 2;
    private static final int DIM = 8;
    private static final int BLOCK = 16;
    private static final int TOKENS = 5;
    private static final int WINDOW = 3;

    private final float[] query = OneNode.random(1, TOKENS * HEADS * DIM);
    private final float[] key = OneNode.random(2, TOKENS * KV_HEADS * DIM);
    private final float[] value = OneNode.random(3, TOKENS * KV_HEADS * DIM);
    private final float[] pool = new float[2 * BLOCK * KV_HEADS * 2 * DIM];
    private final int[] positions = {0, 1, 2, 3, 4};

    private OneNode attention(boolean writes) {
        var node = new OneNode("PagedAttention")
                .with(
                        Attribute.of("heads", HEADS),
                        Attribute.of("kv_heads", KV_HEADS),
                        Attribute.of("head_dim", DIM),
                        Attribute.of("value_dim", DIM),
                        Attribute.of("scale", 1f),
                        Attribute.of("window", WINDOW),
                        Attribute.of("block_tokens", BLOCK))
                .input(query, TOKENS, (long) HEADS * DIM);
        if (writes) {
            node.input(key, TOKENS, (long) KV_HEADS * DIM).input(value, TOKENS, (long) KV_HEADS * DIM);
        } else {
            node.without().without();
        }
        return node.input(pool, 2, (long) BLOCK * KV_HEADS * 2 * DIM)
                .input(positions, TOKENS)
                .input(new int[] {0, TOKENS}, 2)
                .input(new int[] {1}, 1, 1);
    }

    @Test
    void aReaderAnswersAsTheWriterWouldAndWritesNothing() {
        float[] written = attention(true).run(ElementType.F32, ElementType.I32);
        float[] kept = pool.clone();
        assertThat(kept).isNotEqualTo(new float[pool.length]);
        float[] read = attention(false).run(ElementType.F32, ElementType.I32);
        assertThat(read).isEqualTo(written);
        assertThat(pool).isEqualTo(kept);
    }

    @Test
    void theAnswerIsThatOfPlainLoops() {
        attention(true).run(ElementType.F32, ElementType.I32);
        float[] out = attention(false).run(ElementType.F32, ElementType.I32);
        for (int token = 0; token < TOKENS; token++) {
            for (int head = 0; head < HEADS; head++) {
                double[] expected = plain(token, head);
                for (int i = 0; i < DIM; i++) {
                    assertThat(Math.abs(out[(token * HEADS + head) * DIM + i] - expected[i]))
                            .isLessThan(1e-5);
                }
            }
        }
    }

    private double[] plain(int token, int head) {
        int kvHead = head / (HEADS / KV_HEADS);
        double[] mixed = new double[DIM];
        double sum = 0;
        for (int seen = Math.max(0, token - WINDOW + 1); seen <= token; seen++) {
            double score = 0;
            for (int i = 0; i < DIM; i++) {
                score += query[(token * HEADS + head) * DIM + i] * key[(seen * KV_HEADS + kvHead) * DIM + i];
            }
            double weight = Math.exp(score);
            sum += weight;
            for (int i = 0; i < DIM; i++) {
                mixed[i] += weight * value[(seen * KV_HEADS + kvHead) * DIM + i];
            }
        }
        for (int i = 0; i < DIM; i++) {
            mixed[i] /= sum;
        }
        return mixed;
    }
}
