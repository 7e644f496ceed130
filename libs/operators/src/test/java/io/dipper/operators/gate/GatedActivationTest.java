package io.dipper.operators.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GatedActivationTest {
    @ParameterizedTest
    @CsvSource({"1, 1.6448536", "5, 1.6448536", "64, 1.6448536", "163, 0.3", "163, 0", "163, -0.5"})
    void gatesBelowTheCutOfTheirRowAreZeroAndTheOthersCountFromIt(int width, float deviations) {
        int rows = 3;
        float[] both = OneNode.random(width, rows * 2 * width);
        float[] y = new OneNode("GatedActivation")
                .with(Attribute.of("activation", "relu"), Attribute.of("cut_deviations", deviations))
                .input(both, rows, 2L * width)
                .run(ElementType.F32);
        for (int row = 0; row < rows; row++) {
            int from = 2 * row * width;
            double mean = mean(both, from, width);
            double square = 0;
            for (int i = 0; i < width; i++) {
                square += (both[from + i] - mean) * (both[from + i] - mean);
            }
            double cut = mean + deviations * Math.sqrt(square / width);
            for (int i = 0; i < width; i++) {
                double expected = Math.max(0, both[from + i] - cut) * both[from + width + i];
                assertThat(Math.abs(y[row * width + i] - expected)).isLessThan(1e-6);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"17", "64"})
    void withoutACutEveryGateCounts(int width) {
        float[] both = OneNode.random(width, 2 * width);
        float[] y = new OneNode("GatedActivation")
                .with(Attribute.of("activation", "relu_squared"))
                .input(both, 1, 2L * width)
                .run(ElementType.F32);
        for (int i = 0; i < width; i++) {
            double gate = Math.max(0, both[i]);
            assertThat(Math.abs(y[i] - gate * gate * both[width + i])).isLessThan(1e-6);
        }
        assertThat(Arrays.stream(toDoubles(y)).filter(value -> value != 0).count())
                .isGreaterThan(width / 4);
    }

    private static double mean(float[] values, int from, int count) {
        double sum = 0;
        for (int i = from; i < from + count; i++) {
            sum += values[i];
        }
        return sum / count;
    }

    private static double[] toDoubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }
}
