package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Projections in their CUDA form beside the Java form, which is given rows that are normed and rounded already.
@Tag("card")
class ProjectionCardTest extends OnCard {
    private static final float EPSILON = 1e-6f;

    /// Two norms that differ in their last bit may be rounded apart, once in many values.
    private static final float TOLERANCE = 1e-3f;

    /// @param widths weight rows of each part
    private record Case(int rows, int k, int[] widths, boolean norm, boolean bias, boolean residual, String gate) {
        int width(int part) {
            return gate.isEmpty() ? widths[part] : widths[part] / 2;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8, 9, 16, 17, 33, 64, 200})
    void anyNumberOfRows(int rows) {
        check(new Case(rows, 1024, new int[] {520, 130, 129}, true, false, false, ""));
        check(new Case(rows, 1024, new int[] {130}, false, false, true, ""));
        check(new Case(rows, 1024, new int[] {2 * 131}, true, false, false, "silu"));
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 64, 72, 75, 250, 1000, 3072, 9728, 12288, 32768, 1536, 2040})
    void anyNumberOfColumns(int k) {
        for (int rows : new int[] {1, 2, 8, 13, 30}) {
            check(new Case(rows, k, new int[] {37}, true, true, true, ""));
            check(new Case(rows, k, new int[] {33, 1}, false, true, false, ""));
            check(new Case(rows, k, new int[] {26}, false, true, false, "silu"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 15, 16, 17, 1023, 5000, 20011})
    void anyNumberOfWeightRows(int n) {
        for (int rows : new int[] {1, 4, 11, 24}) {
            check(new Case(rows, 64, new int[] {n}, true, true, true, ""));
            check(new Case(rows, 64, new int[] {n, 3, n + 2}, true, true, false, ""));
            check(new Case(rows, 64, new int[] {n, 3, 17, n + 2}, true, true, false, ""));
            check(new Case(rows, 520, new int[] {5, n, 17, 64}, false, true, false, ""));
            check(new Case(rows, 64, new int[] {2 * n}, true, true, true, "gelu_tanh"));
            check(new Case(rows, 520, new int[] {n}, false, false, true, ""));
        }
    }

    /// As many weight rows as give nearly every multiprocessor, or all of them, a tile or more.
    @ParameterizedTest
    @ValueSource(ints = {512, 520, 1024, 1536, 2048, 3072})
    void tilesForAllMultiprocessors(int k) {
        for (int rows : new int[] {1, 3, 8}) {
            for (int n : new int[] {1856, 2112, 2120, 4224}) {
                check(new Case(rows, k, new int[] {n}, false, true, true, ""));
                check(new Case(rows, k, new int[] {n - 700, 300, 400}, true, false, false, ""));
                check(new Case(rows, k, new int[] {n}, true, true, false, "silu"));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"silu", "gelu", "gelu_tanh", "relu", "relu_squared", "clamped"})
    void everyGate(String gate) {
        for (int rows : new int[] {1, 6, 16, 40}) {
            check(new Case(rows, 256, new int[] {2 * 77}, true, true, false, gate));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 520, 33", "7, 1024, 130", "50, 72, 9", "3, 35, 20"})
    void linear(int rows, int k, int n) {
        float[][] made = new float[2][];
        for (int i = 0; i < 2; i++) {
            made[i] = new OneNode("Linear", i == 0 ? null : card)
                    .input(OneNode.roundedToBf16(OneNode.random(1, rows * k)), rows, k)
                    .matrix(OneNode.roundedToBf16(OneNode.random(2, n * k)), n, k)
                    .input(OneNode.random(3, n), n)
                    .run(ElementType.F32);
        }
        assertThat(worst(made[1], made[0])).isLessThan(1e-4f);
    }

    @ParameterizedTest
    @CsvSource({"1, 64", "3, 1000", "70, 33"})
    void normAdd(int rows, int width) {
        float[][] made = new float[2][];
        for (int i = 0; i < 2; i++) {
            made[i] = new OneNode("NormAdd", i == 0 ? null : card)
                    .with(Attribute.of("epsilon", EPSILON))
                    .input(OneNode.random(1, rows * width), rows, width)
                    .input(OneNode.random(2, width), width)
                    .input(OneNode.random(3, rows * width), rows, width)
                    .run(ElementType.F32);
        }
        assertThat(worst(made[1], made[0])).isLessThan(1e-5f);
    }

    /// Some kernels of few rows round for themselves: which, both nodes know from the second one's sizes.
    ///
    /// @param rounded whether a server's card takes them rounded
    @ParameterizedTest
    @CsvSource({
        "8, 136, 72, false",
        "20, 136, 72, true",
        "33, 136, 72, true",
        "200, 136, 72, true",
        "2, 8192, 2056, false",
        "5, 8192, 2056, true",
        "12, 136, 72, false",
        "1, 8192, 2056, true",
        "1, 20000, 520, true",
        "1, 20004, 72, true"
    })
    void handsOverWhatIsRoundedAnyway(int rows, int width, int n, boolean rounded) {
        float[] x = OneNode.random(1, rows * 256);
        float[] weight = OneNode.roundedToBf16(OneNode.random(2, 2 * width * 256));
        float[] whole = gated(x, weight, rows, width).run(ElementType.F32);
        float[] narrow =
                gated(x, weight, rows, width).with(Attribute.of("narrow_y", n)).run(ElementType.F32);
        boolean isNarrow = card == null || card.projectionForms().takesRounded(rows, width, n);
        if (card != null && card.hasLargeBlocks()) {
            assertThat(isNarrow).isEqualTo(rounded);
        }
        float[] handed = isNarrow ? widened(narrow) : narrow;
        assertThat(handed).containsExactly(isNarrow ? OneNode.roundedToBf16(whole) : whole);

        float[] other = OneNode.roundedToBf16(OneNode.random(3, n * width));
        float[] expected = taking(whole, other, rows, width, n).run(ElementType.F32);
        float[] actual = taking(narrow, other, rows, width, n)
                .with(Attribute.of("narrow_x", n))
                .run(ElementType.F32);
        assertThat(actual).containsExactly(expected);
    }

    private static OneNode gated(float[] x, float[] weight, int rows, int width) {
        return new OneNode("Projection", card)
                .with(Attribute.of("activation", "silu"))
                .input(x, rows, 256)
                .without()
                .without()
                .matrix(weight, 2L * width, 256);
    }

    private static OneNode taking(float[] x, float[] weight, int rows, int k, int n) {
        return new OneNode("Projection", card)
                .input(x, rows, k)
                .without()
                .input(OneNode.random(4, rows * n), rows, n)
                .matrix(weight, n, k);
    }

    private static void check(Case of) {
        float[] x = OneNode.random(1, of.rows * of.k);
        float[] rows = x;
        if (of.norm) {
            rows = new OneNode("RmsNorm")
                    .with(Attribute.of("epsilon", EPSILON))
                    .input(x, of.rows, of.k)
                    .input(norm(of.k), of.k)
                    .run(ElementType.F32);
        }
        List<Object> expected = run(null, of, OneNode.roundedToBf16(rows), false);
        List<Object> actual = run(card, of, x, of.norm);
        for (int part = 0; part < of.widths.length; part++) {
            float[] e = (float[]) expected.get(part);
            float[] a = (float[]) actual.get(part);
            float worst = worst(a, e);
            assertThat(worst)
                    .as(() -> "%s %s: %s instead of %s"
                            .formatted(of, Arrays.toString(of.widths), shown(a, e), shown(e, a)))
                    .isLessThan(of.norm ? TOLERANCE : 1e-4f);
        }
    }

    private static List<Object> run(@Nullable CudaCard on, Case of, float[] x, boolean normed) {
        var node = new OneNode("Projection", on).input(x, of.rows, of.k);
        node = normed ? node.with(Attribute.of("epsilon", EPSILON)).input(norm(of.k), of.k) : node.without();
        if (of.gate.equals("clamped")) {
            node.with(
                    Attribute.of("activation", "silu"),
                    Attribute.of("clamp_limit", 0.5f),
                    Attribute.of("clamp_alpha", 1.7f));
        } else if (!of.gate.isEmpty()) {
            node.with(Attribute.of("activation", of.gate));
        }
        node = of.residual
                ? node.input(OneNode.random(3, of.rows * of.width(0)), of.rows, of.width(0))
                : node.without();
        List<ElementType> outputs = new ArrayList<>();
        for (int part = 0; part < of.widths.length; part++) {
            int n = of.widths[part];
            float[] weight = OneNode.random(10 + part, n * of.k);
            for (int i = 0; i < weight.length; i++) {
                weight[i] /= (float) Math.sqrt(of.k);
            }
            node.matrix(OneNode.roundedToBf16(weight), n, of.k);
            node = of.bias ? node.input(OneNode.random(20 + part, n), n) : node.without();
            outputs.add(ElementType.F32);
        }
        return node.runAll(outputs.toArray(ElementType[]::new));
    }

    private static float[] norm(int k) {
        return OneNode.random(2, k);
    }

    private static float worst(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        float worst = 0;
        for (int i = 0; i < actual.length; i++) {
            float off = Math.abs(actual[i] - expected[i]);
            worst = Float.isNaN(off) ? Float.POSITIVE_INFINITY : Math.max(worst, off);
        }
        return worst;
    }

    /// The first few values where two results differ.
    private static String shown(float[] of, float[] other) {
        var text = new StringBuilder();
        for (int i = 0, shown = 0; i < of.length && shown < 6; i++) {
            if (!(Math.abs(of[i] - other[i]) <= 1e-4f)) {
                text.append('[').append(i).append("] ").append(of[i]).append(' ');
                shown++;
            }
        }
        return text.toString();
    }
}
