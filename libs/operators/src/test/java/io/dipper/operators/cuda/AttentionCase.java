package io.dipper.operators.cuda;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// A step of attention that is the same for the Java form and for a card: made of a few numbers, all
/// values from seeds. Scores are wide apart, so a key that is missed or seen wrongly shows.
final class AttentionCase {
    private final int heads;
    private final int kvHeads;
    private final int headDim;
    int valueDim;
    int window;
    int chunk;
    float softcap;
    int rotaryDim;
    boolean interleaved;
    boolean norms;
    boolean sinks;
    boolean shared;
    /// Weight rows of a projection that takes the answer as bfloat16 if it rounds it anyway; 0 for none.
    int handedTo;
    int blockTokens = 16;
    /// Logical blocks of a row of the table; 0 for as many as the longest row needs.
    int ring;
    /// Tokens that a row has in the pool, and tokens that it has in the step.
    int[][] rows = {};
    private int[] table = {};
    /// Further rows of one token at position 0 in the spare block.
    int padding;

    /// Values of the pool in the card's layout, after a run.
    record Result(float[] out, float[] pool) {}

    AttentionCase(int heads, int kvHeads, int headDim) {
        this.heads = heads;
        this.kvHeads = kvHeads;
        this.headDim = headDim;
        this.valueDim = headDim;
        this.rotaryDim = headDim;
    }

    int headDim() {
        return headDim;
    }

    AttentionCase rows(int[]... pastAndTokens) {
        rows = pastAndTokens;
        return this;
    }

    Result run(@Nullable CudaCard card) {
        return run(card, pool(card == null ? 0f : Float.NaN));
    }

    /// @param pool in the card's layout
    Result run(@Nullable CudaCard card, float[] pool) {
        int[] starts = starts();
        int tokens = starts[starts.length - 1];
        float[] kept = card == null ? turned(pool, true) : pool.clone();
        int width = width();
        var node = new OneNode("PagedAttention", card)
                .with(
                        Attribute.of("heads", heads),
                        Attribute.of("kv_heads", kvHeads),
                        Attribute.of("head_dim", headDim),
                        Attribute.of("value_dim", valueDim),
                        Attribute.of("scale", 9f / (float) Math.sqrt(headDim)),
                        Attribute.of("window", window),
                        Attribute.of("chunk", chunk),
                        Attribute.of("softcap", softcap),
                        Attribute.of("qk_norm_epsilon", 1e-6f),
                        Attribute.of("rotary_dim", rotaryDim),
                        Attribute.of("rope_pairing", interleaved ? "interleaved" : "half"),
                        Attribute.of("block_tokens", blockTokens),
                        Attribute.of("narrow_y", handedTo))
                .input(ofPositions(1, heads * headDim), tokens, (long) heads * headDim);
        if (shared) {
            node.without().without();
        } else {
            node.input(ofPositions(2, kvHeads * headDim), tokens, (long) kvHeads * headDim)
                    .input(ofPositions(3, kvHeads * valueDim), tokens, (long) kvHeads * valueDim);
        }
        node.matrix(kept, blocks(), (long) blockTokens * kvHeads * (headDim + valueDim))
                .input(positions(), tokens)
                .input(starts, starts.length)
                .input(table(), starts.length - 1, width);
        optional(node, rotaryDim > 0, angles(true), tokens, rotaryDim / 2);
        optional(node, rotaryDim > 0, angles(false), tokens, rotaryDim / 2);
        optional(node, norms, weights(4, headDim), headDim);
        optional(node, norms, weights(5, headDim), headDim);
        node.without();
        optional(node, sinks, OneNode.random(6, heads), heads);
        float[] out = node.run(ElementType.F32, ElementType.I32);
        return new Result(out, card == null ? turned(kept, false) : kept);
    }

    private static void optional(OneNode node, boolean there, float[] values, long... shape) {
        if (there) {
            node.input(values, shape);
        } else {
            node.without();
        }
    }

    private static float[] weights(long seed, int count) {
        float[] weights = OneNode.random(seed, count);
        for (int i = 0; i < weights.length; i++) {
            weights[i] = 0.5f + 0.2f * weights[i];
        }
        return weights;
    }

    /// [tokens, count], where a token's values depend on row and position alone.
    private float[] ofPositions(long seed, int count) {
        int[] starts = starts();
        int[] positions = positions();
        float[] values = new float[positions.length * count];
        for (int row = 0; row + 1 < starts.length; row++) {
            for (int token = starts[row]; token < starts[row + 1]; token++) {
                float[] one = OneNode.random(1_000_003L * seed + 100_003L * row + positions[token], count);
                System.arraycopy(one, 0, values, token * count, count);
            }
        }
        return values;
    }

    private float[] angles(boolean cosines) {
        int[] positions = positions();
        int half = rotaryDim / 2;
        float[] table = new float[positions.length * half];
        for (int i = 0; i < table.length; i++) {
            double angle = positions[i / half] * Math.pow(10_000, -(double) (i % half) / half);
            table[i] = (float) (cosines ? Math.cos(angle) : Math.sin(angle));
        }
        return table;
    }

    int[] starts() {
        int[] starts = new int[rows.length + padding + 1];
        for (int row = 0; row + 1 < starts.length; row++) {
            starts[row + 1] = starts[row] + (row < rows.length ? rows[row][1] : 1);
        }
        return starts;
    }

    private int[] positions() {
        int[] starts = starts();
        int[] positions = new int[starts[starts.length - 1]];
        for (int row = 0; row < rows.length; row++) {
            for (int i = 0; i < rows[row][1]; i++) {
                positions[starts[row] + i] = rows[row][0] + i;
            }
        }
        return positions;
    }

    private int width() {
        int longest = Arrays.stream(rows).mapToInt(row -> row[0] + row[1]).max().orElse(1);
        return ring > 0 ? ring : Math.ceilDiv(longest, blockTokens);
    }

    private int blocks() {
        return rows.length * width() + 1;
    }

    /// Blocks in no order; block 0 is spare.
    private int[] table() {
        List<Integer> blocks = new ArrayList<>();
        for (int block = 1; block < blocks(); block++) {
            blocks.add(block);
        }
        Collections.shuffle(blocks, new Random(7));
        int[] table = new int[(rows.length + padding) * width()];
        for (int i = 0; i < blocks.size(); i++) {
            table[i] = blocks.get(i);
        }
        return table;
    }

    /// The past of all rows, in a pool in the card's layout whose other values are `elsewhere`. For a shared
    /// layer the step's own tokens are there too.
    float[] pool(float elsewhere) {
        int pair = headDim + valueDim;
        table = table();
        float[] pool = new float[blocks() * blockTokens * kvHeads * pair];
        Arrays.fill(pool, elsewhere);
        Arrays.fill(pool, 0, blockTokens * kvHeads * pair, 0f);
        for (int row = 0; row < rows.length; row++) {
            int end = rows[row][0] + (shared ? rows[row][1] : 0);
            for (int position = 0; position < end; position++) {
                for (int head = 0; head < kvHeads; head++) {
                    long seed = 31L * (100_003L * row + position) + head;
                    float[] one = OneNode.roundedToBf16(OneNode.random(seed, pair));
                    System.arraycopy(one, 0, pool, place(row, position, head), pair);
                }
            }
        }
        return pool;
    }

    /// Where a token's key and then its value lie in the card's layout.
    int place(int row, int position, int head) {
        int block = table[row * width() + position / blockTokens % width()];
        return ((block * kvHeads + head) * blockTokens + position % blockTokens) * (headDim + valueDim);
    }

    /// From the card's layout to the Java form's, which has a block's keys transposed and then its values,
    /// or back.
    private float[] turned(float[] pool, boolean toJava) {
        int pair = headDim + valueDim;
        float[] other = new float[pool.length];
        for (int i = 0; i < pool.length; i++) {
            int head = i / (blockTokens * pair) * (blockTokens * pair);
            int token = i % (blockTokens * pair) / pair;
            int of = i % pair;
            int there = head
                    + (of < headDim
                            ? of * blockTokens + token
                            : blockTokens * headDim + token * valueDim + of - headDim);
            other[toJava ? there : i] = pool[toJava ? i : there];
        }
        return other;
    }
}
