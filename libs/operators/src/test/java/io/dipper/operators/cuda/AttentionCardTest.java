package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.dipper.operators.OneNode;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Attention in its CUDA form beside its Java form, which rounds nothing.
@Tag("card")
class AttentionCardTest extends OnCard {
    /// Of the answers' size. Queries, keys and weights are rounded; scores of ±10 differ by some hundredths.
    private static final double CLOSE = 0.015;

    /// Two roundings of bfloat16.
    private static final double ROUNDED = 0.004;

    private static final int[][] DECODE = {{999, 1}, {0, 1}, {62, 1}, {63, 1}, {64, 1}, {17, 1}};
    private static final int[][] PREFILL = {{0, 150}, {0, 64}, {70, 65}};
    private static final int[][] MIXED = {{40, 1}, {0, 33}, {200, 1}, {130, 70}, {0, 2}};

    static Stream<Arguments> shapes() {
        Stream<Arguments> sizes = Stream.of(
                of("qwen3", 16, 8, 128, it -> it.norms = true),
                of("llama", 32, 8, 128, _ -> {}),
                of("own heads", 3, 3, 64, _ -> {}),
                of("group of 5", 10, 2, 80, _ -> {}),
                of("group of 8", 16, 2, 64, it -> it.blockTokens = 64),
                of("group of 16", 16, 1, 128, it -> it.sinks = true),
                of("group of 24", 24, 1, 64, it -> it.sinks = true),
                of("large heads", 8, 2, 256, it -> it.norms = true),
                of("large heads of one group", 16, 1, 256, _ -> {}),
                of("narrow values", 8, 2, 192, it -> it.valueDim = 128),
                of("wide values", 4, 2, 64, it -> it.valueDim = 160),
                of("96", 4, 4, 96, it -> it.rotaryDim = 48),
                of("112", 4, 2, 112, it -> it.blockTokens = 32),
                of("smallest", 4, 2, 16, _ -> {}),
                of("general", 4, 2, 24, it -> it.rotaryDim = 8));
        Stream<Arguments> manners = Stream.of(
                of("window", 4, 2, 64, it -> it.window = 50),
                of("window of whole blocks", 4, 2, 128, it -> it.window = 64),
                of("window of one", 4, 2, 64, it -> it.window = 1),
                of("chunk", 4, 2, 64, it -> it.chunk = 48),
                of("ring", 4, 1, 64, it -> {
                    it.window = 40;
                    it.ring = 14;
                }),
                of("soft cap", 8, 2, 128, it -> it.softcap = 5f),
                of("soft cap, window, sinks", 8, 2, 256, it -> {
                    it.softcap = 5f;
                    it.window = 33;
                    it.sinks = true;
                }),
                of("shared", 4, 2, 64, it -> it.shared = true),
                of("interleaved", 4, 2, 64, it -> it.interleaved = true),
                of("interleaved in part", 4, 2, 128, it -> {
                    it.interleaved = true;
                    it.rotaryDim = 64;
                }),
                of("in part", 4, 2, 64, it -> it.rotaryDim = 16),
                of("uneven pairs", 4, 2, 80, it -> it.rotaryDim = 20),
                of("no rotation", 4, 2, 64, it -> it.rotaryDim = 0),
                of("group of 10", 20, 2, 64, it -> it.norms = true),
                of("group of 16, small heads", 16, 1, 32, it -> it.valueDim = 48));
        return Stream.concat(sizes, manners);
    }

    private static Arguments of(String name, int heads, int kvHeads, int dim, Consumer<AttentionCase> more) {
        var made = new AttentionCase(heads, kvHeads, dim);
        more.accept(made);
        return arguments(name, made);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void decodesAsTheJavaForm(String name, AttentionCase shape) {
        check(shape.rows(DECODE));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void readsPromptsAsTheJavaForm(String name, AttentionCase shape) {
        check(shape.rows(PREFILL));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void takesRowsOfAllKindsInOneStep(String name, AttentionCase shape) {
        check(shape.rows(MIXED));
    }

    @Test
    void decodesInLongContexts() {
        check(new AttentionCase(8, 2, 128).rows(new int[] {4999, 1}));
        check(new AttentionCase(8, 2, 128).rows(new int[] {4999, 1}, new int[] {700, 1}, new int[] {2100, 1}));
        var manyRows = new AttentionCase(16, 8, 64);
        int[][] rows = new int[48][];
        Arrays.setAll(rows, row -> new int[] {row % 7 == 0 ? 4200 + row : 37 * row, 1});
        check(manyRows.rows(rows));
    }

    @Test
    void readsPromptsBehindLongContexts() {
        check(new AttentionCase(8, 2, 128).rows(new int[] {3000, 100}));
        check(new AttentionCase(16, 8, 64).rows(new int[] {0, 700}, new int[] {1500, 300}));
        check(new AttentionCase(64, 8, 64).rows(new int[] {0, 500}, new int[] {100, 401}));
        check(new AttentionCase(64, 8, 128).rows(new int[] {0, 900}));
    }

    /// By one split, by the splits of one cluster, and of several.
    @ParameterizedTest
    @ValueSource(ints = {40, 600, 4999})
    void handsOverWhatIsRoundedAnyway(int past) {
        float[] whole = new AttentionCase(16, 8, 128)
                .rows(new int[] {past, 1})
                .run(card)
                .out();
        var step = new AttentionCase(16, 8, 128).rows(new int[] {past, 1});
        step.handedTo = 20_000;
        boolean rounded = card == null || card.projectionForms().takesRounded(1, 16 * 128, step.handedTo);
        float[] out = step.run(card).out();
        assertThat(rounded ? widened(out) : out).containsExactly(rounded ? OneNode.roundedToBf16(whole) : whole);
    }

    private static void check(AttentionCase step) {
        var expected = step.run(null);
        var actual = step.run(card);
        Closeness.assertClose(actual.out(), expected.out(), CLOSE);
        for (int row = 0; row < step.rows.length; row++) {
            for (int i = 0; i < step.rows[row][1]; i++) {
                int from = step.place(row, step.rows[row][0] + i, 0);
                int to = from + step.headDim() + step.valueDim;
                Closeness.assertClose(
                        Arrays.copyOfRange(actual.pool(), from, to),
                        Arrays.copyOfRange(expected.pool(), from, to),
                        ROUNDED);
            }
        }
    }

    @Test
    void aPromptInChunksIsTheWholePrompt() {
        var whole = new AttentionCase(8, 2, 64);
        whole.rows(new int[] {0, 230});
        float[] expected = whole.run(card).out();
        float[] pool = whole.pool(0f);
        int width = 8 * 64;
        int done = 0;
        for (int tokens : new int[] {100, 1, 64, 65}) {
            var chunk = new AttentionCase(8, 2, 64);
            chunk.ring = 15;
            var result = chunk.rows(new int[] {done, tokens}).run(card, pool);
            pool = result.pool();
            Closeness.assertClose(
                    result.out(), Arrays.copyOfRange(expected, done * width, (done + tokens) * width), CLOSE);
            done += tokens;
        }
    }

    @Test
    void theSameStepGivesTheSameBits() {
        var step = new AttentionCase(16, 8, 128).rows(new int[] {4999, 1}, new int[] {511, 1});
        assertThat(Arrays.equals(step.run(card).out(), step.run(card).out())).isTrue();
    }

    @Test
    void paddedRowsChangeNothing() {
        var step = new AttentionCase(16, 8, 128).rows(new int[] {1500, 1}, new int[] {90, 1});
        float[] alone = step.run(card).out();
        step.padding = 6;
        float[] padded = step.run(card).out();
        Closeness.assertClose(Arrays.copyOf(padded, alone.length), alone, CLOSE);
        for (float value : padded) {
            assertThat(value).isFinite();
        }
    }
}
