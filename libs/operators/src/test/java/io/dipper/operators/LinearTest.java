package io.dipper.operators;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinearTest {
    @ParameterizedTest
    @CsvSource({"1, 1, 1", "1, 7, 5", "2, 4, 8", "3, 9, 33", "5, 64, 100", "17, 130, 384", "64, 33, 1027", "0, 4, 8"})
    void equalsThePlainProduct(int m, int n, int k) {
        float[] x = random(1, m * k);
        float[] weight = random(2, n * k);
        float[] bias = random(3, n);
        float[] y = linear(m, n, k, x, weight, bias);
        for (int row = 0; row < m; row++) {
            for (int column = 0; column < n; column++) {
                double sum = bias[column];
                double magnitude = 1;
                for (int i = 0; i < k; i++) {
                    double product = (double) x[row * k + i] * weight[column * k + i];
                    sum += product;
                    magnitude += Math.abs(product);
                }
                assertThat(Math.abs(y[row * n + column] - sum)).isLessThan(1e-6 * magnitude);
            }
        }
    }

    @Test
    void aRowsBitsDoNotDependOnItsCompany() {
        int n = 77;
        int k = 1001;
        float[] weight = random(4, n * k);
        float[] bias = random(5, n);
        float[] all = random(6, 40 * k);
        float[] together = linear(40, n, k, all, weight, bias);
        for (int rows : new int[] {1, 2, 3, 8, 39}) {
            float[] alone = linear(rows, n, k, Arrays.copyOf(all, rows * k), weight, bias);
            assertThat(alone).isEqualTo(Arrays.copyOf(together, rows * n));
        }
    }

    private static float[] linear(int m, int n, int k, float[] x, float[] weight, float[] bias) {
        var graph = new GraphBuilder("linear");
        Value input = graph.input("x", ElementType.F32, "M", (long) k);
        Value weights = graph.input("weight", ElementType.F32, (long) n, (long) k);
        Value shift = graph.input("bias", ElementType.F32, (long) n);
        Value y = graph.node(
                        Operators.DOMAIN,
                        "Linear",
                        List.of(input, weights, shift),
                        List.of(),
                        List.of(TensorType.of(ElementType.F32, "M", (long) n)))
                .getFirst();
        graph.opset(Operators.DOMAIN, 1);
        graph.output("y", y);
        try (var arena = Arena.ofConfined();
                var environment = Environment.silent();
                CustomOpDomain domain = Operators.domain();
                Session session = Session.open(
                        environment, OnnxModel.bytes(graph.build()), new SessionOptions().customOps(domain));
                Tensor xs = tensor(arena, x, m, k);
                Tensor ws = tensor(arena, weight, n, k);
                Tensor bs = tensor(arena, bias, n)) {
            try (Tensor result =
                    session.run(Map.of("x", xs, "weight", ws, "bias", bs)).getFirst()) {
                return result.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
            }
        }
    }

    private static Tensor tensor(Arena arena, float[] values, long... shape) {
        var memory = arena.allocate(Math.max(4, 4L * values.length), 64);
        java.lang.foreign.MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
        return Tensor.of(memory, DataType.F32, shape);
    }

    private static float[] random(long seed, int count) {
        var random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }
}
