package io.dipper.export;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.Initializer;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Runs a lowered graph on one prompt by the plainest loops, in double precision where sums are
/// long: what the graph means, with no runtime, no pool and no speed. It keeps nothing between
/// steps.
final class PlainRun {
    private final Map<String, float[]> values = new HashMap<>();
    private final Map<String, PlainAttention> byPool = new HashMap<>();
    private final PlainShapes shapes = new PlainShapes(values);
    private final int[] tokens;

    private PlainRun(int[] tokens) {
        this.tokens = tokens;
        float[] ids = new float[tokens.length];
        float[] positions = new float[tokens.length];
        for (int t = 0; t < tokens.length; t++) {
            ids[t] = tokens[t];
            positions[t] = t;
        }
        values.put("token_ids", ids);
        values.put("positions", positions);
        values.put("logit_rows", positions);
    }

    /// Logits of every position.
    static float[] logits(Graph graph, ByteBuffer weights, int[] tokens) {
        PlainRun run = new PlainRun(tokens);
        graph.initializers().forEach(initializer -> run.values.put(initializer.name(), floats(initializer, weights)));
        for (Node node : graph.nodes()) {
            if (!node.op().equals("Sample")) {
                run.run(node);
            }
        }
        return run.values.get("logits");
    }

    private static float[] floats(Initializer initializer, ByteBuffer weights) {
        ByteBuffer bytes = switch (initializer) {
            case Initializer.Inline inline -> inline.data();
            case Initializer.External external ->
                weights.duplicate().slice((int) external.offset(), (int) external.length());
        };
        bytes.order(ByteOrder.LITTLE_ENDIAN);
        float[] values =
                new float[bytes.remaining() / initializer.type().element().byteSize()];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (initializer.type().element()) {
                case I64 -> bytes.getLong();
                case I32 -> bytes.getInt();
                default -> bytes.getFloat();
            };
        }
        return values;
    }

    private void run(Node node) {
        float[] x = values.get(node.inputs().getFirst().name());
        switch (node.op()) {
            case "Tanh" -> put(node, 0, PlainShapes.each(x, a -> (float) Math.tanh(a)));
            case "Sqrt" -> put(node, 0, PlainShapes.each(x, a -> (float) Math.sqrt(a)));
            case "Gelu" -> put(node, 0, PlainShapes.each(x, a -> activation("gelu_tanh", a)));
            case "LayerNormalization" -> put(node, 0, layerNorm(node, x));
            case "RmsNorm" -> put(node, 0, rmsNorm(x, second(node), decimal(node, "epsilon")));
            case "AddRmsNorm" -> {
                float[] sum = shapes.binary(node, Float::sum);
                put(node, 0, rmsNorm(sum, input(node, 2), decimal(node, "epsilon")));
                put(node, 1, sum);
            }
            case "HostRows" -> put(node, 0, PlainShapes.rows(second(node), x, width(node)));
            case "NormAdd" -> put(node, 0, sum(rmsNorm(x, second(node), decimal(node, "epsilon")), input(node, 2)));
            case "Linear" -> put(node, 0, linear(node, x, 1));
            case "Projection" -> projection(node, x);
            case "GatedActivation" -> put(node, 0, gated(node, x));
            case "RopeTable" -> ropeTable(node);
            case "PagedAttention" -> put(node, 0, attention(node));
            case "AltUpSpread", "AltUpPredict", "LaurelJoin", "AltUpCorrect", "PerLayerGate", "AltUpMean" -> {
                List<float[]> made = new PlainStreams(node, this::optional).run();
                for (int output = 0; output < made.size(); output++) {
                    put(node, output, made.get(output));
                }
            }
            default -> shapes.run(node);
        }
    }

    private void put(Node node, int output, float[] value) {
        values.put(node.outputs().get(output).name(), value);
    }

    private float[] input(Node node, int index) {
        return values.get(node.inputs().get(index).name());
    }

    private static int width(Node node) {
        return (int) ((Dimension.Fixed) node.outputs().getFirst().shape().get(1)).size();
    }

    private float[] second(Node node) {
        return input(node, 1);
    }

    /// The input's values, or null where it is left out.
    private float[] optional(Node node, int index) {
        return index < node.inputs().size() ? input(node, index) : null;
    }

    /// Without a key of its own it reads what an earlier layer put into the same pool.
    private float[] attention(Node node) {
        String pool = node.inputs().get(3).name();
        boolean shared = node.inputs().get(1).isAbsent();
        PlainAttention attention = new PlainAttention(node, this::optional, shared ? byPool.get(pool) : null);
        byPool.putIfAbsent(pool, attention);
        return attention.run(tokens.length);
    }

    static float[] rmsNorm(float[] x, float[] weight, double epsilon) {
        int width = weight.length;
        float[] result = new float[x.length];
        for (int row = 0; row < x.length; row += width) {
            double squares = 0;
            for (int i = 0; i < width; i++) {
                squares += (double) x[row + i] * x[row + i];
            }
            double factor = 1 / Math.sqrt(squares / width + epsilon);
            for (int i = 0; i < width; i++) {
                result[row + i] = (float) (x[row + i] * factor * weight[i]);
            }
        }
        return result;
    }

    private float[] layerNorm(Node node, float[] x) {
        float[] weight = second(node);
        float[] bias = optional(node, 2);
        int width = weight.length;
        float[] result = new float[x.length];
        for (int row = 0; row < x.length; row += width) {
            int start = row;
            double mean =
                    IntStream.range(0, width).mapToDouble(i -> x[start + i]).sum() / width;
            double variance = IntStream.range(0, width)
                            .mapToDouble(i -> (x[start + i] - mean) * (x[start + i] - mean))
                            .sum()
                    / width;
            double factor = 1 / Math.sqrt(variance + decimal(node, "epsilon"));
            for (int i = 0; i < width; i++) {
                result[row + i] = (float) ((x[row + i] - mean) * factor * weight[i] + bias[i]);
            }
        }
        return result;
    }

    private void projection(Node node, float[] x) {
        float[] norm = optional(node, 1);
        float[] rows = norm == null ? x : rmsNorm(x, norm, decimal(node, "epsilon"));
        for (int part = 0; part < node.outputs().size(); part++) {
            float[] y = linear(node, rows, 3 + 2 * part);
            if (has(node, "activation")) {
                y = gated(node, y);
            }
            float[] residual = optional(node, 2);
            put(node, part, residual == null ? y : sum(y, residual));
        }
    }

    private static float[] sum(float[] a, float[] b) {
        float[] sum = new float[a.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = a[i] + b[i];
        }
        return sum;
    }

    /// The product with the input `index`, whose bias is the next one.
    private float[] linear(Node node, float[] x, int index) {
        float[] weight = input(node, index);
        float[] bias = optional(node, index + 1);
        Value matrix = node.inputs().get(index);
        int outputs = Integer.parseInt(matrix.shape().get(0).toString());
        int inputs = weight.length / outputs;
        int rows = x.length / inputs;
        float[] result = new float[rows * outputs];
        for (int row = 0; row < rows; row++) {
            for (int output = 0; output < outputs; output++) {
                double sum = bias == null ? 0 : bias[output];
                for (int i = 0; i < inputs; i++) {
                    sum += (double) x[row * inputs + i] * weight[output * inputs + i];
                }
                result[row * outputs + output] = (float) sum;
            }
        }
        return result;
    }

    private static float[] gated(Node node, float[] both) {
        int width = Integer.parseInt(node.outputs().getFirst().shape().get(1).toString());
        String activation = ((Attribute.Text) attribute(node, "activation")).value();
        boolean cuts = has(node, "cut_deviations");
        float[] result = new float[both.length / 2];
        for (int i = 0; i < result.length; i++) {
            int row = i / width * 2 * width;
            double gate = both[row + i % width];
            if (cuts) {
                gate = Math.max(0, gate - cut(both, row, width, decimal(node, "cut_deviations")));
            }
            result[i] = activation(activation, gate) * both[row + width + i % width];
        }
        return result;
    }

    private static double cut(float[] values, int from, int width, double deviations) {
        double mean =
                IntStream.range(from, from + width).mapToDouble(i -> values[i]).sum() / width;
        double square = IntStream.range(from, from + width)
                        .mapToDouble(i -> (values[i] - mean) * (values[i] - mean))
                        .sum()
                / width;
        return mean + deviations * Math.sqrt(square);
    }

    static float activation(String name, double x) {
        return (float)
                switch (name) {
                    case "silu" -> x / (1 + Math.exp(-x));
                    case "gelu_tanh" -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
                    default -> throw new IllegalStateException("no plain form of " + name);
                };
    }

    private void ropeTable(Node node) {
        float[] frequencies = second(node);
        double factor = decimal(node, "attention_factor");
        float[] cos = new float[tokens.length * frequencies.length];
        float[] sin = new float[cos.length];
        for (int i = 0; i < cos.length; i++) {
            int position = i / frequencies.length;
            float angle = position * frequencies[i % frequencies.length];
            cos[i] = (float) (Math.cos(angle) * factor);
            sin[i] = (float) (Math.sin(angle) * factor);
        }
        put(node, 0, cos);
        put(node, 1, sin);
    }

    private static boolean has(Node node, String name) {
        return node.attributes().stream().anyMatch(attribute -> attribute.name().equals(name));
    }

    static Attribute attribute(Node node, String name) {
        return node.attributes().stream()
                .filter(attribute -> attribute.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(node.name() + " has no attribute " + name));
    }

    static double decimal(Node node, String name) {
        return ((Attribute.Decimal) attribute(node, name)).value();
    }

    static int whole(Node node, String name) {
        return (int) ((Attribute.Int) attribute(node, name)).value();
    }
}
