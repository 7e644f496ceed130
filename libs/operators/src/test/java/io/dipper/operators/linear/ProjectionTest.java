package io.dipper.operators.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProjectionTest {
    private static final float EPSILON = 1e-5f;

    @ParameterizedTest
    @CsvSource({"1, 8, 5, 3, 2, 7", "4, 33, 64, 17, 1, 8"})
    void fourProductsOfOneNorm(int rows, int k, int n1, int n2, int n3, int n4) {
        float[] x = OneNode.random(1, rows * k);
        float[] norm = OneNode.random(2, k);
        int[] widths = {n1, n2, n3, n4};
        var node = new OneNode("Projection")
                .with(Attribute.of("epsilon", EPSILON))
                .input(x, rows, k)
                .input(norm, k)
                .without();
        for (int i = 0; i < widths.length; i++) {
            node.input(OneNode.random(10 + i, widths[i] * k), widths[i], k);
            node = i == 1 ? node.without() : node.input(OneNode.random(20 + i, widths[i]), widths[i]);
        }
        List<Object> made = node.runAll(ElementType.F32, ElementType.F32, ElementType.F32, ElementType.F32);
        double[] normed = normed(x, norm, rows, k);
        for (int i = 0; i < widths.length; i++) {
            float[] bias = i == 1 ? new float[widths[i]] : OneNode.random(20 + i, widths[i]);
            double[] expected = product(normed, OneNode.random(10 + i, widths[i] * k), bias, rows, k, widths[i]);
            assertThat((float[]) made.get(i)).containsExactly(floats(expected), Offset.offset(1e-4f));
        }
    }

    @Test
    void aResidualIsAddedToTheProductOfXItself() {
        float[] x = OneNode.random(1, 3 * 20);
        float[] weight = OneNode.random(2, 9 * 20);
        float[] residual = OneNode.random(3, 3 * 9);
        float[] y = new OneNode("Projection")
                .input(x, 3, 20)
                .without()
                .input(residual, 3, 9)
                .input(weight, 9, 20)
                .run(ElementType.F32);
        double[] expected = product(doubles(x), weight, new float[9], 3, 20, 9);
        for (int i = 0; i < expected.length; i++) {
            expected[i] += residual[i];
        }
        assertThat(y).containsExactly(floats(expected), Offset.offset(1e-5f));
    }

    @Test
    void theGatesRowsComeBeforeThoseOfUp() {
        float[] x = OneNode.random(1, 2 * 16);
        float[] weight = OneNode.random(2, 10 * 16);
        float[] bias = OneNode.random(3, 10);
        float[] y = new OneNode("Projection")
                .with(Attribute.of("activation", "relu"))
                .input(x, 2, 16)
                .without()
                .without()
                .input(weight, 10, 16)
                .input(bias, 10)
                .run(ElementType.F32);
        double[] both = product(doubles(x), weight, bias, 2, 16, 10);
        double[] expected = new double[2 * 5];
        for (int i = 0; i < expected.length; i++) {
            int at = i / 5 * 10 + i % 5;
            expected[i] = Math.max(0, both[at]) * both[at + 5];
        }
        assertThat(y).containsExactly(floats(expected), Offset.offset(1e-5f));
    }

    @Test
    void aGateForTwoWeightsIsRefused() {
        var node = new OneNode("Projection")
                .with(Attribute.of("activation", "silu"))
                .input(new float[8], 1, 8)
                .without()
                .without()
                .input(new float[16], 2, 8)
                .without()
                .input(new float[16], 2, 8);
        assertThatThrownBy(() -> node.runAll(ElementType.F32, ElementType.F32))
                .hasMessageContaining("a gate or a residual is for a single weight, not 2");
    }

    @Test
    void normAddIsTheNormPlusTheResidual() {
        float[] x = OneNode.random(1, 3 * 37);
        float[] weight = OneNode.random(2, 37);
        float[] residual = OneNode.random(3, 3 * 37);
        float[] y = new OneNode("NormAdd")
                .with(Attribute.of("epsilon", EPSILON))
                .input(x, 3, 37)
                .input(weight, 37)
                .input(residual, 3, 37)
                .run(ElementType.F32);
        double[] expected = normed(x, weight, 3, 37);
        for (int i = 0; i < expected.length; i++) {
            expected[i] += residual[i];
        }
        assertThat(y).containsExactly(floats(expected), Offset.offset(1e-5f));
    }

    private static double[] normed(float[] x, float[] norm, int rows, int k) {
        double[] normed = new double[x.length];
        for (int row = 0; row < rows; row++) {
            double squares = 0;
            for (int i = 0; i < k; i++) {
                squares += (double) x[row * k + i] * x[row * k + i];
            }
            for (int i = 0; i < k; i++) {
                normed[row * k + i] = x[row * k + i] / Math.sqrt(squares / k + EPSILON) * norm[i];
            }
        }
        return normed;
    }

    private static double[] product(double[] x, float[] weight, float[] bias, int rows, int k, int n) {
        double[] y = new double[rows * n];
        for (int i = 0; i < y.length; i++) {
            y[i] = bias[i % n];
            for (int j = 0; j < k; j++) {
                y[i] += x[i / n * k + j] * weight[i % n * k + j];
            }
        }
        return y;
    }

    private static double[] doubles(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    private static float[] floats(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (float) values[i];
        }
        return narrow;
    }
}
