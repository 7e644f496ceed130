package io.dipper.engineort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import io.dipper.operators.cuda.CudaCard;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Stock forms with loops or choices, on a card beside the same graph on processors: what ONNX Runtime's CUDA provider
/// makes of them.
@Tag("card")
class StockFormsCardTest {
    private static final int HIDDEN = 48;
    private static final int INNER = 40;
    private static final int KERNEL = 3;

    /// Layers whose tokens choose among more and more experts, then among fewer: each loop has a length of its own.
    @ParameterizedTest
    @CsvSource({"1, 8, 1", "1, 8, 2", "5, 8, 2", "13, 5, 3", "24, 16, 4"})
    void layersOfExperts(int tokens, int experts, int used) {
        var graph = new StockGraph(1);
        Value x = graph.floats(tokens, HIDDEN);
        for (int layer = 0; layer < 3; layer++) {
            int among = layer == 1 ? experts : used + layer / 2;
            List<Value> inputs = List.of(
                    x,
                    graph.integers(choices(layer, tokens, used, among), tokens, used),
                    graph.floats(tokens, used),
                    graph.floats(2L * experts * INNER, HIDDEN),
                    graph.floats((long) experts * HIDDEN, INNER),
                    graph.floats(2L * experts * INNER),
                    graph.floats((long) experts * HIDDEN));
            List<Attribute> attributes = List.of(
                    Attribute.of("weighs_input", layer % 2),
                    Attribute.of("clamp_limit", 7f),
                    Attribute.of("clamp_alpha", 1.702f));
            x = graph.op("Experts", inputs, attributes, TensorType.of(ElementType.F32, tokens, HIDDEN));
        }
        assertSame(graph, 0.02f);
    }

    private static int[] choices(int seed, int tokens, int used, int among) {
        var random = new SplittableRandom(seed);
        return IntStream.range(0, tokens)
                .flatMap(_ -> {
                    int first = random.nextInt(among);
                    return IntStream.range(0, used).map(i -> (first + i) % among);
                })
                .toArray();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 8, 2, softmax, 1, 1, 0",
        "24, 8, 2, softmax, 1, 1, 0",
        "24, 5, 3, softmax, 1, 1, 0",
        "24, 8, 1, sigmoid, 1, 1, 0",
        "24, 8, 4, softmax_of_chosen, 1, 1, 0",
        "24, 16, 4, sigmoid, 4, 2, 1",
        "24, 8, 3, softmax, 4, 2, 0",
        "9, 384, 8, sigmoid, 1, 1, 0"
    })
    void choices(int tokens, int experts, int used, String score, int groups, int chosenGroups, int byTwo) {
        var graph = new StockGraph(2);
        graph.op(
                "Route",
                List.of(graph.floats(tokens, experts), graph.floats(experts)),
                List.of(
                        Attribute.of("used", used),
                        Attribute.of("score", score),
                        Attribute.of("groups", groups),
                        Attribute.of("chosen_groups", chosenGroups),
                        Attribute.of("rank_by_two", byTwo),
                        Attribute.of("normalised", 1),
                        Attribute.of("scaling", 2.5f)),
                TensorType.of(ElementType.I32, tokens, used),
                TensorType.of(ElementType.F32, tokens, used));
        assertSame(graph, 1e-5f);
    }

    @ParameterizedTest
    @CsvSource({"1, 1, false", "3, 1, true", "2, 5, true", "1, 24, false"})
    void statesMoveOn(int rows, int fresh, boolean begun) {
        int keyHeads = 2;
        int valueHeads = 4;
        int width = 16;
        int channels = 2 * keyHeads * width + valueHeads * width;
        int tokens = rows * fresh;
        var graph = new StockGraph(3);
        List<Value> inputs = List.of(
                graph.floats(tokens, channels + valueHeads * width),
                graph.floats(tokens, 2L * valueHeads),
                graph.floats(rows + 1, (long) valueHeads * width * width + (long) channels * (KERNEL - 1)),
                graph.integers(
                        IntStream.range(0, tokens)
                                .map(token -> token % fresh + (begun ? 9 : 0))
                                .toArray(),
                        tokens),
                graph.integers(
                        IntStream.rangeClosed(0, rows).map(row -> row * fresh).toArray(), rows + 1),
                graph.integers(IntStream.range(0, rows).map(row -> rows - row).toArray(), rows, 1),
                graph.floats(channels, KERNEL),
                graph.floats(valueHeads),
                graph.floats(valueHeads),
                graph.floats(width));
        graph.op(
                "GatedDelta",
                inputs,
                List.of(
                        Attribute.of("key_heads", keyHeads),
                        Attribute.of("value_heads", valueHeads),
                        Attribute.of("key_dim", width),
                        Attribute.of("value_dim", width),
                        Attribute.of("kernel", KERNEL),
                        Attribute.of("norm_epsilon", 1e-6f)),
                TensorType.of(ElementType.F32, tokens, valueHeads * width));
        assertSame(graph, 1e-4f);
    }

    private static void assertSame(StockGraph graph, float offset) {
        assumeTrue(Files.exists(Path.of("/dev/nvidiactl")), "this machine has no NVIDIA card");
        try (CudaCard card = CudaCard.open(0)) {
            List<float[]> expected = graph.onProcessors();
            List<float[]> actual = graph.onCard(card);
            for (int output = 0; output < expected.size(); output++) {
                assertThat(actual.get(output))
                        .as("output %d of %s", output, Arrays.toString(expected.get(output)))
                        .containsExactly(expected.get(output), Offset.offset(offset));
            }
        }
    }
}
