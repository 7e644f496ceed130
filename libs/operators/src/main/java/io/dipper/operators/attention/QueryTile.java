package io.dipper.operators.attention;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;

import io.dipper.operators.VectorMath;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// A few queries that look at the same key-value head of the same sequence: each load of a key or
/// value serves all of them.
///
/// What happens to one query, and in which order, is the same however many others there are.
final class QueryTile {
    /// As many as the processor's registers hold the sums of.
    static final int QUERIES = LANES.length() == 16 ? 8 : 4;

    private static final int WIDTH = LANES.length();

    private final AttentionShape shape;
    /// Of one query, whole vectors.
    private final int sumWidth;

    /// [QUERIES][headDim], scaled
    private final float[] queries;
    /// [QUERIES][blockTokens]: a block's scores, then its weights
    private final float[] scores;
    /// [QUERIES][sumWidth]
    private final float[] sums;

    private final OnlineSoftmax[] softmax = new OnlineSoftmax[QUERIES];
    private final int[] positions = new int[QUERIES];
    private final long[] outputs = new long[QUERIES];
    private int count;
    private int firstToken;
    private int endToken;

    QueryTile(AttentionShape shape) {
        this.shape = shape;
        this.sumWidth = Math.ceilDiv(shape.valueDim(), WIDTH) * WIDTH;
        this.queries = new float[QUERIES * shape.headDim()];
        this.scores = new float[QUERIES * shape.blockTokens()];
        this.sums = new float[QUERIES * sumWidth];
        int tokens = shape.blockTokens();
        Arrays.setAll(
                softmax, query -> new OnlineSoftmax(scores, query * tokens, tokens, sums, query * sumWidth, sumWidth));
    }

    /// Takes one prepared query; its answer goes to the address `output`.
    ///
    /// @param sink address of the head's sink, 0 for none
    void add(float[] query, int position, long output, long sink) {
        for (int i = 0; i < query.length; i++) {
            queries[count * shape.headDim() + i] = query[i] * shape.scale();
        }
        positions[count] = position;
        outputs[count] = output;
        if (sink == 0) {
            softmax[count].reset();
        } else {
            softmax[count].reset(floatAt(sink));
        }
        count++;
    }

    /// The oldest position that any of the queries sees.
    int firstSeen() {
        int first = Integer.MAX_VALUE;
        for (int query = 0; query < count; query++) {
            first = Math.min(first, shape.firstSeen(positions[query]));
        }
        return first;
    }

    int lastSeen() {
        int last = 0;
        for (int query = 0; query < count; query++) {
            last = Math.max(last, positions[query]);
        }
        return last;
    }

    /// Whether any of the queries sees anything of the block that begins at position `block`.
    boolean sees(int block) {
        return count > 0 && block <= lastSeen() && block + shape.blockTokens() > firstSeen();
    }

    /// Writes the answers and is empty again.
    void finish() {
        for (int query = 0; query < count; query++) {
            softmax[query].finish(outputs[query], shape.valueDim());
        }
        count = 0;
    }

    /// Scores a whole block, what is seen of it or not, two vectors of tokens at a time.
    void score(long keys) {
        int tokens = shape.blockTokens();
        Arrays.fill(scores, 0, count * tokens, 0);
        var products =
                new WeightedRows(keys, 4L * tokens, shape.headDim(), queries, 0, shape.headDim(), scores, tokens);
        for (int low = 0; low < tokens; low += 2 * WIDTH) {
            int high = Math.min(low + WIDTH, tokens - WIDTH);
            if (count <= 2) {
                products.addToTwo(low, high);
            } else if (count <= 4) {
                products.addToFour(low, high);
            } else {
                products.addToEight(low, high);
            }
        }
        if (shape.softcap() > 0) {
            for (int i = 0; i < count * tokens; i += WIDTH) {
                VectorMath.tanh(FloatVector.fromArray(LANES, scores, i).div(shape.softcap()))
                        .mul(shape.softcap())
                        .intoArray(scores, i);
            }
        }
    }

    /// Turns each query's scores of the block that begins at the position `block` into weights, those of
    /// keys that it does not see into zeros.
    private void weigh(int block) {
        firstToken = shape.blockTokens();
        endToken = 0;
        for (int query = 0; query < count; query++) {
            int from = Math.max(shape.firstSeen(positions[query]) - block, 0);
            int to = Math.min(positions[query] - block + 1, shape.blockTokens());
            if (from < to) {
                softmax[query].add(from, to);
                firstToken = Math.min(firstToken, from);
                endToken = Math.max(endToken, to);
            } else {
                clearScores(query, query + 1);
            }
        }
        // Kernels take two, four or eight queries: those that are none weigh nothing.
        clearScores(count, QUERIES);
    }

    private void clearScores(int from, int to) {
        Arrays.fill(scores, from * shape.blockTokens(), to * shape.blockTokens(), 0);
    }

    /// Adds the values of the scored block that begins at position `block`, weighted, to each query's sum;
    /// blocks come in order.
    void add(int block, long values) {
        weigh(block);
        int width = shape.valueDim();
        var products = new WeightedRows(
                values + 4L * firstToken * width,
                4L * width,
                endToken - firstToken,
                scores,
                firstToken,
                shape.blockTokens(),
                sums,
                sumWidth);
        int done = 0;
        if (count <= 2) {
            for (; done + 4 * WIDTH <= width; done += 4 * WIDTH) {
                products.addFourVectorsToTwo(done);
            }
        } else {
            for (; done + 2 * WIDTH <= width; done += 2 * WIDTH) {
                if (count <= 4) {
                    products.addToFour(done, done + WIDTH);
                } else {
                    products.addToEight(done, done + WIDTH);
                }
            }
        }
        for (int query = 0; query < count; query++) {
            products.addToOne(query, done, width);
        }
    }
}
