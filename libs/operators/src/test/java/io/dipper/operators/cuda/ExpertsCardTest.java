package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Experts in their CUDA forms beside their Java form: few tokens, many, and widths that only the plain
/// form takes.
@Tag("card")
class ExpertsCardTest {
    enum Kind {
        PLAIN,
        BIASED,
        WEIGHS_INPUT
    }

    private record Shape(int tokens, int experts, int used, int hidden, int inner, Kind kind) {}

    @ParameterizedTest
    @CsvSource({
        "1, 4, 2, 64, 32, PLAIN",
        "1, 16, 8, 2048, 768, PLAIN",
        "1, 4, 1, 1280, 2048, WEIGHS_INPUT",
        "2, 8, 2, 128, 64, BIASED",
        "5, 16, 3, 264, 72, PLAIN",
        "8, 128, 8, 256, 96, PLAIN",
        "8, 32, 4, 360, 360, BIASED",
        "33, 16, 1, 128, 200, WEIGHS_INPUT",
        "33, 512, 10, 256, 64, PLAIN",
        "200, 32, 2, 192, 136, BIASED",
        "200, 4, 2, 136, 80, PLAIN",
        "200, 32, 4, 320, 160, WEIGHS_INPUT",
        "1, 8, 2, 65, 33, BIASED",
        "33, 8, 2, 66, 36, PLAIN",
        "5, 8, 2, 128, 33, WEIGHS_INPUT"
    })
    void outputsAreThoseOfTheJavaForm(int tokens, int experts, int used, int hidden, int inner, Kind kind) {
        var shape = new Shape(tokens, experts, used, hidden, inner, kind);
        try (CudaCard card = TestCard.open()) {
            float[] actual = experts(card, shape, choices(shape, experts));
            Closeness.assertClose(actual, experts(null, shape, choices(shape, experts)), 0.005);
            assertThat(experts(card, shape, choices(shape, experts))).isEqualTo(actual);
        }
    }

    /// All tokens choose among a few experts: tiles are full, and other experts have none.
    @ParameterizedTest
    @CsvSource({"33, 64, 2, 128, 64, PLAIN", "200, 256, 8, 128, 64, PLAIN", "150, 8, 2, 256, 64, BIASED"})
    void crowdedExpertsAreThoseOfTheJavaForm(int tokens, int experts, int used, int hidden, int inner, Kind kind) {
        var shape = new Shape(tokens, experts, used, hidden, inner, kind);
        try (CudaCard card = TestCard.open()) {
            int[] chosen = choices(shape, used + 1);
            Closeness.assertClose(experts(card, shape, chosen), experts(null, shape, chosen), 0.005);
        }
    }

    /// Each token's experts, all different, among the last so many.
    private static int[] choices(Shape shape, int among) {
        var random = new Random(7);
        List<Integer> all = Arrays.asList(IntStream.range(shape.experts() - among, shape.experts())
                .boxed()
                .toArray(Integer[]::new));
        int[] chosen = new int[shape.tokens() * shape.used()];
        for (int pair = 0; pair < chosen.length; pair++) {
            if (pair % shape.used() == 0) {
                Collections.shuffle(all, random);
            }
            chosen[pair] = all.get(pair % shape.used());
        }
        return chosen;
    }

    private static float[] experts(@Nullable CudaCard card, Shape shape, int[] chosen) {
        int tokens = shape.tokens();
        int hidden = shape.hidden();
        int inner = shape.inner();
        int pairs = tokens * shape.used();
        int opened = 2 * shape.experts() * inner;
        int closed = shape.experts() * hidden;
        float[] weights = OneNode.random(2, pairs);
        for (int pair = 0; pair < pairs; pair++) {
            weights[pair] = shape.kind() == Kind.WEIGHS_INPUT ? 0.5f : Math.abs(weights[pair]);
        }
        var node = new OneNode("Experts", card)
                .with(Attribute.of("activation", "silu"))
                .with(Attribute.of("weighs_input", shape.kind() == Kind.WEIGHS_INPUT ? 1 : 0))
                .input(OneNode.roundedToBf16(OneNode.random(1, tokens * hidden)), tokens, hidden)
                .input(chosen, tokens, shape.used())
                .input(weights, tokens, shape.used())
                .matrix(OneNode.roundedToBf16(OneNode.random(3, opened * hidden)), opened, hidden)
                .matrix(OneNode.roundedToBf16(OneNode.random(4, closed * inner)), closed, inner);
        if (shape.kind() == Kind.BIASED) {
            node.with(Attribute.of("clamp_limit", 7f), Attribute.of("clamp_alpha", 1.702f))
                    .input(OneNode.random(5, opened), opened)
                    .input(OneNode.random(6, closed), closed);
        }
        return node.run(ElementType.F32);
    }
}
