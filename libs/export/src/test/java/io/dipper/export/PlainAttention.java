package io.dipper.export;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Node;
import org.jspecify.annotations.Nullable;

/// The attention operator's meaning on one prompt: heads normed and turned, every query over the
/// keys that it may see.
final class PlainAttention {
    private final Node node;
    private final int heads;
    private final int kvHeads;
    private final int dim;
    private final @Nullable PlainAttention source;
    private final float[] query;
    private final float[] key;
    private final float[] value;
    private final float[] cos;
    private final float[] sin;

    /// Where a node's inputs come from.
    interface Inputs {
        float[] of(Node node, int index);
    }

    /// @param source the attention whose keys and values are read; null for its own
    PlainAttention(Node node, Inputs inputs, @Nullable PlainAttention source) {
        this.node = node;
        this.heads = PlainRun.whole(node, "heads");
        this.kvHeads = PlainRun.whole(node, "kv_heads");
        this.dim = PlainRun.whole(node, "head_dim");
        double epsilon = PlainRun.decimal(node, "qk_norm_epsilon");
        this.query = normed(inputs.of(node, 0), inputs.of(node, 9), epsilon);
        this.source = source;
        this.key = source == null ? normed(inputs.of(node, 1), inputs.of(node, 10), epsilon) : source.key;
        this.value = source == null ? inputs.of(node, 2) : source.value;
        this.cos = inputs.of(node, 7);
        this.sin = inputs.of(node, 8);
    }

    private static float[] normed(float[] x, float[] weight, double epsilon) {
        return weight == null ? x.clone() : PlainRun.rmsNorm(x, weight, epsilon);
    }

    float[] run(int length) {
        if (cos != null) {
            turn(query, heads, length);
            if (source == null) {
                turn(key, kvHeads, length);
            }
        }
        float[] out = new float[length * heads * dim];
        for (int i = 0; i < length; i++) {
            for (int head = 0; head < heads; head++) {
                attend(i, head, out);
            }
        }
        return out;
    }

    private void turn(float[] x, int count, int length) {
        int rotary = PlainRun.whole(node, "rotary_dim");
        boolean half = ((Attribute.Text) PlainRun.attribute(node, "rope_pairing"))
                .value()
                .equals("half");
        for (int t = 0; t < length; t++) {
            for (int head = 0; head < count; head++) {
                int start = (t * count + head) * dim;
                for (int pair = 0; pair < rotary / 2; pair++) {
                    int a = start + (half ? pair : 2 * pair);
                    int b = half ? a + rotary / 2 : a + 1;
                    float c = cos[t * rotary / 2 + pair];
                    float s = sin[t * rotary / 2 + pair];
                    float first = x[a] * c - x[b] * s;
                    x[b] = x[b] * c + x[a] * s;
                    x[a] = first;
                }
            }
        }
    }

    private boolean sees(int i, int j) {
        int window = PlainRun.whole(node, "window");
        int chunk = PlainRun.whole(node, "chunk");
        return j <= i && (window == 0 || j > i - window) && (chunk == 0 || j / chunk == i / chunk);
    }

    private void attend(int i, int head, float[] out) {
        int kvHead = head / (heads / kvHeads);
        double scale = PlainRun.decimal(node, "scale");
        double cap = PlainRun.decimal(node, "softcap");
        double[] weights = new double[i + 1];
        double sum = 0;
        for (int j = 0; j <= i; j++) {
            if (sees(i, j)) {
                double score = 0;
                for (int k = 0; k < dim; k++) {
                    score += (double) query[(i * heads + head) * dim + k] * key[(j * kvHeads + kvHead) * dim + k];
                }
                score *= scale;
                weights[j] = Math.exp(cap == 0 ? score : cap * Math.tanh(score / cap));
                sum += weights[j];
            }
        }
        for (int k = 0; k < dim; k++) {
            double mixed = 0;
            for (int j = 0; j <= i; j++) {
                mixed += weights[j] * value[(j * kvHeads + kvHead) * dim + k];
            }
            out[(i * heads + head) * dim + k] = (float) (mixed / sum);
        }
    }
}
