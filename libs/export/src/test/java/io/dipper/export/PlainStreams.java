package io.dipper.export;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.Node;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// The operators of several residual streams by plain loops over tokens.
final class PlainStreams {
    interface Inputs {
        /// The input's values, or null where it is left out.
        float[] of(Node node, int index);
    }

    private final Node node;
    private final Inputs inputs;

    PlainStreams(Node node, Inputs inputs) {
        this.node = node;
        this.inputs = inputs;
    }

    private float[] input(int index) {
        return inputs.of(node, index);
    }

    List<float[]> run() {
        return switch (node.op()) {
            case "AltUpPredict" -> predict();
            case "AltUpCorrect" -> correct();
            case "LaurelJoin" -> List.of(join());
            case "AltUpSpread" -> List.of(spread());
            case "AltUpMean" -> List.of(mean());
            default -> List.of(gate());
        };
    }

    private float[] spread() {
        float[] first = input(0);
        int width = size(1);
        int others = input(1).length / first.length;
        float[] all = new float[first.length * (others + 1)];
        for (int i = 0; i < all.length; i++) {
            int token = i / width / (others + 1);
            int stream = i / width % (others + 1);
            all[i] = stream == 0
                    ? first[token * width + i % width]
                    : input(1)[(token * others + stream - 1) * width + i % width]
                            * size(first, token * width)
                            / size(input(1), (token * others + stream - 1) * width);
        }
        return all;
    }

    private float[] mean() {
        float[] mean = input(0).clone();
        int width = size(1);
        int streams = node.inputs().size();
        for (int i = 0; i < mean.length; i++) {
            int row = i / width * width;
            for (int stream = 1; stream < streams; stream++) {
                mean[i] += input(stream)[i] * size(input(0), row) / size(input(stream), row);
            }
            mean[i] /= streams;
        }
        return mean;
    }

    /// A row's root mean square, or the least that counts.
    private float size(float[] x, int row) {
        double squares = IntStream.range(row, row + size(1))
                .mapToDouble(i -> (double) x[i] * x[i])
                .sum();
        return (float) Math.sqrt(Math.max(squares / size(1), PlainRun.decimal(node, "least_square")));
    }

    private List<float[]> predict() {
        float[] all = input(0).clone();
        int n = size(1);
        int width = size(2);
        if (input(1) != null) {
            float[] added = normed(input(1), input(2));
            for (int i = 0; i < all.length; i++) {
                int stream = i / width % n;
                all[i] += stream == 0 ? 0 : added[i / (n * width) * width + i % width];
            }
        }
        float[] routed = routed(active(all), 3);
        float[] mixing = products(routed, input(5), n);
        float[] predicted = all.clone();
        for (int i = 0; i < all.length; i++) {
            int token = i / (n * width);
            int stream = i / width % n;
            for (int other = 0; other < n; other++) {
                predicted[i] += mixing[(token * n + stream) * n + other] * all[(token * n + other) * width + i % width];
            }
        }
        return List.of(predicted, active(predicted));
    }

    private List<float[]> correct() {
        float[] predicted = input(0);
        int n = size(1);
        int width = size(2);
        float[] made = sum(input(1), normed(input(2), input(3)));
        float[] coefficients = input(6).clone();
        float clip = (float) PlainRun.decimal(node, "clip");
        for (int i = 0; i < coefficients.length; i++) {
            coefficients[i] = Math.clamp(coefficients[i], -clip, clip);
        }
        float[] shares = products(routed(made, 4), coefficients, n);
        float[] foreseen = active(predicted);
        float[] corrected = predicted.clone();
        for (int i = 0; i < corrected.length; i++) {
            int row = i / (n * width) * width + i % width;
            corrected[i] += (1 + shares[i / width]) * (made[row] - foreseen[row]);
        }
        float[] scaled = active(corrected);
        for (int i = 0; node.inputs().size() > 7 && i < scaled.length; i++) {
            scaled[i] *= input(7)[i % width];
        }
        return List.of(corrected, scaled);
    }

    private float[] join() {
        float[] sum = input(0);
        for (int branch = 0; branch < 6; branch += 2) {
            sum = sum(sum, normed(input(branch), input(branch + 1)));
        }
        return PlainShapes.each(sum, x -> (float) (x * Math.sqrt(0.5)));
    }

    private float[] gate() {
        float[] gated = input(0).clone();
        int width = size(1);
        int stride = input(1).length / (gated.length / width);
        String activation = ((Attribute.Text) PlainRun.attribute(node, "activation")).value();
        int from = PlainRun.whole(node, "layer") * width;
        for (int i = 0; i < gated.length; i++) {
            gated[i] = PlainRun.activation(activation, gated[i]) * input(1)[i / width * stride + from + i % width];
        }
        return gated;
    }

    private float[] active(float[] all) {
        int n = size(1);
        int width = size(2);
        int active = PlainRun.whole(node, "active");
        float[] rows = new float[all.length / n];
        for (int token = 0; token * width < rows.length; token++) {
            System.arraycopy(all, (token * n + active) * width, rows, token * width, width);
        }
        return rows;
    }

    /// tanh(router · norm(x) / H); the norm's weight is the input `norm`, the router the next one.
    private float[] routed(float[] x, int norm) {
        int width = size(2);
        return PlainShapes.each(
                products(normed(x, input(norm)), input(norm + 1), width), a -> (float) Math.tanh(a / width));
    }

    /// x · weightᵀ, rows of `k` values.
    private static float[] products(float[] x, float[] weight, int k) {
        int n = weight.length / k;
        float[] products = new float[x.length / k * n];
        for (int i = 0; i < products.length; i++) {
            int row = i / n * k;
            int column = i % n * k;
            products[i] = (float) IntStream.range(0, k)
                    .mapToDouble(j -> (double) x[row + j] * weight[column + j])
                    .sum();
        }
        return products;
    }

    private float[] normed(float[] x, float[] weight) {
        return PlainRun.rmsNorm(x, weight, PlainRun.decimal(node, "epsilon"));
    }

    private static float[] sum(float[] a, float[] b) {
        float[] sum = Arrays.copyOf(a, a.length);
        for (int i = 0; i < sum.length; i++) {
            sum[i] += b[i];
        }
        return sum;
    }

    /// A dimension of the first input.
    private int size(int dimension) {
        return (int) ((Dimension.Fixed) node.inputs().getFirst().shape().get(dimension)).size();
    }
}
