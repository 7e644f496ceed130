package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import java.util.List;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Routing in its CUDA forms beside its Java form: the same experts in the same order, and their weights.
@Tag("card")
class RouteCardTest {
    private record Shape(int tokens, int experts, int used, String score, int groups, int chosenGroups, int byTwo) {}

    @ParameterizedTest
    @CsvSource({
        "1, 4, 2, softmax, 1, 1, 0, false",
        "3, 16, 1, sigmoid, 1, 1, 0, false",
        "5, 60, 4, softmax_of_chosen, 1, 1, 0, true",
        "33, 128, 8, softmax, 1, 1, 0, false",
        "33, 160, 6, softmax, 8, 3, 0, false",
        "33, 256, 8, sigmoid, 8, 4, 1, true",
        "200, 384, 8, sigmoid, 1, 1, 1, true",
        "9, 512, 10, softmax, 1, 1, 0, false",
        "9, 512, 32, softmax_of_chosen, 32, 7, 0, false",
        "9, 600, 10, sigmoid, 4, 2, 1, true",
        "2, 128, 40, softmax, 1, 1, 0, false"
    })
    void choicesAreThoseOfTheJavaForm(
            int tokens,
            int experts,
            int used,
            String score,
            int groups,
            int chosenGroups,
            int byTwo,
            boolean corrected) {
        var shape = new Shape(tokens, experts, used, score, groups, chosenGroups, byTwo);
        float[] logits = OneNode.random(1, tokens * experts);
        assertSame(shape, logits, corrected);
    }

    /// Of equal candidates the first wins.
    @ParameterizedTest
    @CsvSource({"7, 64, 6, 1, 1", "7, 256, 8, 8, 4", "7, 512, 10, 1, 1"})
    void equalClaimsGoToTheFirst(int tokens, int experts, int used, int groups, int chosenGroups) {
        float[] logits = OneNode.random(1, tokens * experts);
        for (int i = 0; i < logits.length; i++) {
            logits[i] = Math.round(logits[i] * 2);
        }
        assertSame(new Shape(tokens, experts, used, "softmax_of_chosen", groups, chosenGroups, 1), logits, false);
    }

    private static void assertSame(Shape shape, float[] logits, boolean corrected) {
        try (CudaCard card = TestCard.open()) {
            List<Object> expected = route(null, shape, logits, corrected);
            List<Object> actual = route(card, shape, logits, corrected);
            assertThat((int[]) actual.getFirst()).isEqualTo((int[]) expected.getFirst());
            assertThat((float[]) actual.getLast()).containsExactly((float[]) expected.getLast(), Offset.offset(1e-5f));
        }
    }

    private static List<Object> route(@Nullable CudaCard card, Shape shape, float[] logits, boolean corrected) {
        var node = new OneNode("Route", card)
                .with(
                        Attribute.of("used", shape.used()),
                        Attribute.of("score", shape.score()),
                        Attribute.of("groups", shape.groups()),
                        Attribute.of("chosen_groups", shape.chosenGroups()),
                        Attribute.of("rank_by_two", shape.byTwo()),
                        Attribute.of("normalised", 1),
                        Attribute.of("scaling", 2.5f))
                .input(logits, shape.tokens(), shape.experts());
        if (corrected) {
            node.input(OneNode.random(2, shape.experts()), shape.experts());
        }
        return node.runAll(ElementType.I32, ElementType.F32);
    }
}
