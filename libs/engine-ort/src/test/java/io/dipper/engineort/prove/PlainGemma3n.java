package io.dipper.engineort.prove;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Floats;
import io.dipper.checkpoint.TensorInfo;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Gemma 3n by plain loops in double precision, over a checkpoint's tensors as they are stored. It
/// computes a smaller model by reading only some layers, and of their feed-forward parts only the
/// first values: nothing is cut, nothing is renamed.
final class PlainGemma3n {
    /// Where 95 % of a normal distribution lie below.
    private static final double DEVIATIONS = 1.6448536269514722;

    private final JsonNode config;
    private final Map<String, float[]> tensors = new HashMap<>();
    private final Map<String, Integer> columns = new HashMap<>();
    private final List<Integer> layers;
    private final List<Integer> widths;
    private final int hidden;
    private final int streams;
    private final int active;
    private final int width;
    private final int headDim;

    PlainGemma3n(Checkpoint checkpoint, List<Integer> layers, List<Integer> widths) {
        this.config = checkpoint.config();
        this.layers = layers;
        this.widths = widths;
        this.hidden = config.get("hidden_size").asInt();
        this.streams = config.get("altup_num_inputs").asInt();
        this.active = config.get("altup_active_idx").asInt();
        this.width = config.get("hidden_size_per_layer_input").asInt();
        this.headDim = config.get("head_dim").asInt();
        for (TensorInfo tensor : checkpoint.tensors().values()) {
            tensors.put(tensor.name(), Floats.decode(tensor.type(), checkpoint.map(tensor)));
            columns.put(tensor.name(), (int) tensor.shape()[tensor.shape().length - 1]);
        }
    }

    /// Logits of the last position.
    float[] logits(int[] tokens) {
        double[][][] all = new double[tokens.length][][];
        for (int t = 0; t < tokens.length; t++) {
            all[t] = spread(embedding(tokens[t]));
        }
        Map<String, Cache> caches = new HashMap<>();
        for (int i = 0; i < layers.size(); i++) {
            layer(layers.get(i), widths.get(i), tokens, all, caches);
        }
        return head(joined(all[tokens.length - 1]));
    }

    private record Cache(double[][] keys, double[][] values) {}

    private double[] embedding(int token) {
        return scaled(row("model.embed_tokens.weight", token, 0, hidden), Math.sqrt(hidden));
    }

    private double[][] spread(double[] first) {
        double[][] spread = new double[streams][];
        spread[0] = first;
        for (int i = 1; i < streams; i++) {
            spread[i] = sized(linear("model.altup_projections." + (i - 1) + ".weight", first, 0, hidden), size(first));
        }
        return spread;
    }

    private void layer(int layer, int wide, int[] tokens, double[][][] all, Map<String, Cache> caches) {
        String path = "model.layers." + layer + ".";
        double[][][] predicted = new double[tokens.length][][];
        double[][] normed = new double[tokens.length][];
        for (int t = 0; t < tokens.length; t++) {
            predicted[t] = predicted(path, all[t]);
            normed[t] = norm(path + "input_layernorm.weight", predicted[t][active]);
        }
        double[][] attended = attention(layer, normed, caches);
        for (int t = 0; t < tokens.length; t++) {
            double[] low = linear(path + "laurel.linear_left.weight", normed[t], 0, rows(path, "laurel.linear_left"));
            double[] back = linear(path + "laurel.linear_right.weight", low, 0, hidden);
            double[] laurel = plus(normed[t], norm(path + "laurel.post_laurel_norm.weight", back));
            double[] gated = plus(predicted[t][active], norm(path + "post_attention_layernorm.weight", attended[t]));
            double[] mixed = scaled(plus(gated, laurel), 1 / Math.sqrt(2));
            double[] fed = feedForward(layer, wide, norm(path + "pre_feedforward_layernorm.weight", mixed));
            double[] activated = plus(mixed, norm(path + "post_feedforward_layernorm.weight", fed));
            all[t] = corrected(layer, predicted[t], activated, tokens[t]);
        }
    }

    private double[][] predicted(String path, double[][] all) {
        double[] mixing =
                linear(path + "altup.prediction_coefs.weight", router(path, all[active]), 0, streams * streams);
        double[][] predicted = new double[streams][];
        for (int to = 0; to < streams; to++) {
            predicted[to] = all[to].clone();
            for (int from = 0; from < streams; from++) {
                predicted[to] = plus(predicted[to], scaled(all[from], mixing[to * streams + from]));
            }
        }
        return predicted;
    }

    private double[][] corrected(int layer, double[][] predicted, double[] activated, int token) {
        String path = "model.layers." + layer + ".";
        double[] shares = linear(path + "altup.correction_coefs.weight", router(path, activated), 0, streams);
        double[] innovation = plus(activated, scaled(predicted[active], -1));
        double[][] corrected = new double[streams][];
        for (int i = 0; i < streams; i++) {
            corrected[i] = plus(predicted[i], scaled(innovation, shares[i] + 1));
        }
        double[] scale = row(path + "altup.correct_output_scale", 0, 0, hidden);
        double[] gate = linear(path + "per_layer_input_gate.weight", times(corrected[active], scale), 0, width);
        for (int i = 0; i < width; i++) {
            gate[i] = gelu(gate[i]);
        }
        double[] out = linear(path + "per_layer_projection.weight", times(gate, perLayer(layer, token)), 0, hidden);
        double[] added = norm(path + "post_per_layer_input_norm.weight", out);
        for (int i = 1; i < streams; i++) {
            corrected[i] = plus(corrected[i], added);
        }
        return corrected;
    }

    private double[] perLayer(int layer, int token) {
        double[] projected =
                linear("model.per_layer_model_projection.weight", embedding(token), layer * width, (layer + 1) * width);
        double[] normed = norm("model.per_layer_projection_norm.weight", scaled(projected, 1 / Math.sqrt(hidden)));
        double[] looked = row("model.embed_tokens_per_layer.weight", token, layer * width, (layer + 1) * width);
        return scaled(plus(normed, scaled(looked, Math.sqrt(width))), 1 / Math.sqrt(2));
    }

    private double[] router(String path, double[] x) {
        double[] normed = norm(path + "altup.router_norm.weight", x);
        double[] routed = linear(path + "altup.modality_router.weight", normed, 0, streams);
        for (int i = 0; i < streams; i++) {
            routed[i] = Math.tanh(routed[i] / hidden);
        }
        return routed;
    }

    private double[][] attention(int layer, double[][] x, Map<String, Cache> caches) {
        String path = "model.layers." + layer + ".self_attn.";
        String kind = config.get("layer_types").get(layer).asString();
        int own = config.get("layer_types").size()
                - config.get("num_kv_shared_layers").asInt();
        int heads = config.get("num_attention_heads").asInt();
        int kvHeads = config.get("num_key_value_heads").asInt();
        double theta = config.get("rope_parameters").get(kind).get("rope_theta").asDouble();
        if (layer < own) {
            double[][] keys = new double[x.length][];
            double[][] values = new double[x.length][];
            for (int t = 0; t < x.length; t++) {
                keys[t] = heads(linear(path + "k_proj.weight", x[t], 0, kvHeads * headDim), path + "k_norm.weight");
                turn(keys[t], t, theta);
                values[t] = heads(linear(path + "v_proj.weight", x[t], 0, kvHeads * headDim), null);
            }
            caches.put(kind, new Cache(keys, values));
        }
        int window = kind.equals("full_attention")
                ? x.length
                : config.get("sliding_window").asInt();
        double[][] out = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            double[] query = heads(linear(path + "q_proj.weight", x[t], 0, heads * headDim), path + "q_norm.weight");
            turn(query, t, theta);
            double[] mixed = new double[heads * headDim];
            for (int head = 0; head < heads; head++) {
                attend(query, head, head / (heads / kvHeads), Math.max(0, t - window + 1), t, caches.get(kind), mixed);
            }
            out[t] = linear(path + "o_proj.weight", mixed, 0, hidden);
        }
        return out;
    }

    private void attend(double[] query, int head, int kvHead, int from, int to, Cache cache, double[] mixed) {
        double sum = 0;
        for (int seen = from; seen <= to; seen++) {
            double score = 0;
            for (int i = 0; i < headDim; i++) {
                score += query[head * headDim + i] * cache.keys[seen][kvHead * headDim + i];
            }
            double weight = Math.exp(score);
            sum += weight;
            for (int i = 0; i < headDim; i++) {
                mixed[head * headDim + i] += weight * cache.values[seen][kvHead * headDim + i];
            }
        }
        for (int i = 0; i < headDim; i++) {
            mixed[head * headDim + i] /= sum;
        }
    }

    private double[] heads(double[] x, String norm) {
        double[] result = new double[x.length];
        for (int head = 0; head < x.length / headDim; head++) {
            double[] one = Arrays.copyOfRange(x, head * headDim, (head + 1) * headDim);
            double[] normed = norm == null ? unit(one) : norm(norm, one);
            System.arraycopy(normed, 0, result, head * headDim, headDim);
        }
        return result;
    }

    private void turn(double[] x, int position, double theta) {
        for (int head = 0; head < x.length / headDim; head++) {
            for (int pair = 0; pair < headDim / 2; pair++) {
                double angle = position * Math.pow(theta, -2.0 * pair / headDim);
                int a = head * headDim + pair;
                int b = a + headDim / 2;
                double first = x[a] * Math.cos(angle) - x[b] * Math.sin(angle);
                x[b] = x[b] * Math.cos(angle) + x[a] * Math.sin(angle);
                x[a] = first;
            }
        }
    }

    private double[] feedForward(int layer, int wide, double[] x) {
        String path = "model.layers." + layer + ".mlp.";
        double[] gate = linear(path + "gate_proj.weight", x, 0, wide);
        double[] up = linear(path + "up_proj.weight", x, 0, wide);
        double cut = 0;
        boolean sparse = config.get("activation_sparsity_pattern").get(layer).asDouble() == 0.95;
        if (sparse) {
            double mean = Arrays.stream(gate).average().orElseThrow();
            double square = Arrays.stream(gate)
                    .map(value -> (value - mean) * (value - mean))
                    .average()
                    .orElseThrow();
            cut = mean + DEVIATIONS * Math.sqrt(square);
        }
        for (int i = 0; i < wide; i++) {
            gate[i] = gelu(sparse ? Math.max(0, gate[i] - cut) : gate[i]) * up[i];
        }
        return linear(path + "down_proj.weight", gate, 0, hidden);
    }

    private double[] joined(double[][] all) {
        double[] sum = all[0].clone();
        for (int i = 1; i < streams; i++) {
            double[] back = linear("model.altup_unembed_projections." + (i - 1) + ".weight", all[i], 0, hidden);
            sum = plus(sum, sized(back, size(all[0])));
        }
        return scaled(sum, 1.0 / streams);
    }

    private float[] head(double[] x) {
        double cap = config.get("final_logit_softcapping").asDouble();
        int vocabulary = config.get("vocab_size").asInt();
        double[] raw = linear("model.embed_tokens.weight", norm("model.norm.weight", x), 0, vocabulary);
        float[] logits = new float[vocabulary];
        for (int i = 0; i < vocabulary; i++) {
            logits[i] = (float) (cap * Math.tanh(raw[i] / cap));
        }
        return logits;
    }

    private int rows(String path, String name) {
        return tensors.get(path + name + ".weight").length / columns.get(path + name + ".weight");
    }

    /// Rows `from` to `to - 1`, over as many columns as there are values.
    private double[] linear(String tensor, double[] x, int from, int to) {
        float[] weight = tensors.get(tensor);
        int stride = columns.get(tensor);
        double[] y = new double[to - from];
        for (int row = from; row < to; row++) {
            for (int i = 0; i < x.length; i++) {
                y[row - from] += weight[row * stride + i] * x[i];
            }
        }
        return y;
    }

    private double[] row(String tensor, int row, int from, int to) {
        double[] values = new double[to - from];
        for (int i = from; i < to; i++) {
            values[i - from] = tensors.get(tensor)[row * columns.get(tensor) + i];
        }
        return values;
    }

    private double[] norm(String weight, double[] x) {
        return times(unit(x), row(weight, 0, 0, x.length));
    }

    private static double[] unit(double[] x) {
        return scaled(x, 1 / Math.sqrt(size(x) * size(x) + 1e-6));
    }

    private static double[] sized(double[] x, double size) {
        return scaled(x, size / Math.max(size(x), Math.sqrt(1e-5)));
    }

    private static double size(double[] x) {
        return Math.sqrt(Arrays.stream(x).map(value -> value * value).average().orElseThrow());
    }

    private static double[] plus(double[] a, double[] b) {
        double[] sum = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            sum[i] = a[i] + b[i];
        }
        return sum;
    }

    private static double[] times(double[] a, double[] b) {
        double[] product = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            product[i] = a[i] * b[i];
        }
        return product;
    }

    private static double[] scaled(double[] x, double factor) {
        return Arrays.stream(x).map(value -> value * factor).toArray();
    }

    private static double gelu(double x) {
        return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }
}
