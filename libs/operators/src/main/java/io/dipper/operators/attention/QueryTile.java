package io.dipper.operators.attention;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;

import io.dipper.operators.VectorMath;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Up to four queries that look at the same key-value head of the same sequence: each load of a key or
/// value serves all of them.
///
/// What happens to one query, and in which order, is the same however many others there are.
final class QueryTile {
    static final int QUERIES = 4;

    private final AttentionShape shape;
    private final int lanes = LANES.length();
    private final int paddedWidth;

    /// Dimension by dimension, the queries side by side.
    private final float[] queries;

    private final float[] sums;
    private final float[] corrections = new float[QUERIES];
    private final OnlineSoftmax[] softmax = new OnlineSoftmax[QUERIES];
    private final int[] positions = new int[QUERIES];
    private final long[] outputs = new long[QUERIES];
    private int count;
    private int firstToken;
    private int endToken;

    QueryTile(AttentionShape shape) {
        this.shape = shape;
        this.paddedWidth = Math.ceilDiv(shape.valueDim(), lanes) * lanes;
        this.queries = new float[shape.headDim() * QUERIES];
        this.sums = new float[QUERIES * paddedWidth];
        Arrays.setAll(softmax, _ -> new OnlineSoftmax(shape.blockTokens()));
    }

    boolean isFull() {
        return count == QUERIES;
    }

    /// Takes one prepared query; its answer goes to the address `output`.
    void add(float[] query, int position, long output) {
        for (int i = 0; i < query.length; i++) {
            queries[i * QUERIES + count] = query[i];
        }
        positions[count] = position;
        outputs[count] = output;
        count++;
    }

    /// Attends for all queries that were added, and is empty again.
    ///
    /// @param row of the block table that they belong to
    void attend(PagedPool pool, int row, int kvHead) {
        if (count == 0) {
            return;
        }
        int first = Integer.MAX_VALUE;
        int last = 0;
        for (int query = 0; query < count; query++) {
            softmax[query].reset();
            first = Math.min(first, shape.firstSeen(positions[query]));
            last = Math.max(last, positions[query]);
        }
        Arrays.fill(sums, 0);
        int block = first / shape.blockTokens() * shape.blockTokens();
        for (; block <= last; block += shape.blockTokens()) {
            long keys = pool.keys(row, block, kvHead);
            score(keys);
            weigh(block);
            addValues(pool.values(keys));
        }
        for (int query = 0; query < count; query++) {
            float scale = 1 / softmax[query].total();
            for (int i = 0; i < shape.valueDim(); i++) {
                putFloat(outputs[query] + 4L * i, sums[query * paddedWidth + i] * scale);
            }
        }
        count = 0;
    }

    /// Scores of a whole block, seen or not; two accumulators a vector hide the latency of the additions.
    private void score(long keys) {
        for (int lane = 0; lane < shape.blockTokens(); lane += lanes) {
            if (count == 1) {
                scoreOne(keys + 4L * lane, lane);
            } else {
                scoreAll(keys + 4L * lane, lane);
            }
        }
    }

    private void scoreOne(long keys, int lane) {
        long row = 4L * shape.blockTokens();
        int dims = shape.headDim();
        FloatVector even = FloatVector.zero(LANES);
        FloatVector odd = FloatVector.zero(LANES);
        int i = 0;
        for (; i + 1 < dims; i += 2) {
            even = load(keys + i * row).fma(broadcast(i * QUERIES), even);
            odd = load(keys + (i + 1) * row).fma(broadcast((i + 1) * QUERIES), odd);
        }
        if (i < dims) {
            even = load(keys + i * row).fma(broadcast(i * QUERIES), even);
        }
        put(0, lane, even.add(odd));
    }

    private void scoreAll(long keys, int lane) {
        long row = 4L * shape.blockTokens();
        int dims = shape.headDim();
        FloatVector even0 = FloatVector.zero(LANES);
        FloatVector even1 = even0;
        FloatVector even2 = even0;
        FloatVector even3 = even0;
        FloatVector odd0 = even0;
        FloatVector odd1 = even0;
        FloatVector odd2 = even0;
        FloatVector odd3 = even0;
        int i = 0;
        for (; i + 1 < dims; i += 2) {
            int at = i * QUERIES;
            FloatVector key = load(keys + i * row);
            even0 = key.fma(broadcast(at), even0);
            even1 = key.fma(broadcast(at + 1), even1);
            even2 = key.fma(broadcast(at + 2), even2);
            even3 = key.fma(broadcast(at + 3), even3);
            key = load(keys + (i + 1) * row);
            odd0 = key.fma(broadcast(at + 4), odd0);
            odd1 = key.fma(broadcast(at + 5), odd1);
            odd2 = key.fma(broadcast(at + 6), odd2);
            odd3 = key.fma(broadcast(at + 7), odd3);
        }
        if (i < dims) {
            int at = i * QUERIES;
            FloatVector key = load(keys + i * row);
            even0 = key.fma(broadcast(at), even0);
            even1 = key.fma(broadcast(at + 1), even1);
            even2 = key.fma(broadcast(at + 2), even2);
            even3 = key.fma(broadcast(at + 3), even3);
        }
        put(0, lane, even0.add(odd0));
        put(1, lane, even1.add(odd1));
        put(2, lane, even2.add(odd2));
        put(3, lane, even3.add(odd3));
    }

    private FloatVector broadcast(int at) {
        return FloatVector.broadcast(LANES, queries[at]);
    }

    private void put(int query, int lane, FloatVector sums) {
        FloatVector score = sums.mul(shape.scale());
        if (shape.softcap() > 0) {
            score = VectorMath.tanh(score.div(shape.softcap())).mul(shape.softcap());
        }
        score.intoArray(softmax[query].scores, lane);
    }

    /// Turns each query's scores of the block that begins at the position `block` into weights, those of
    /// keys that it does not see into zeros.
    private void weigh(int block) {
        firstToken = shape.blockTokens();
        endToken = 0;
        for (int query = 0; query < QUERIES; query++) {
            int from = query < count ? Math.max(shape.firstSeen(positions[query]) - block, 0) : 1;
            int to = query < count ? Math.min(positions[query] - block + 1, shape.blockTokens()) : 0;
            if (from < to) {
                corrections[query] = softmax[query].add(from, to);
                firstToken = Math.min(firstToken, from);
                endToken = Math.max(endToken, to);
            } else {
                corrections[query] = 1;
                Arrays.fill(softmax[query].scores, 0);
            }
        }
    }

    /// Adds the block's values, weighted, to each query's sum.
    private void addValues(long values) {
        int i = 0;
        if (count > 1) {
            for (; i + 2 * lanes <= shape.valueDim(); i += 2 * lanes) {
                addToAll(values, i);
            }
        }
        for (int query = 0; query < count; query++) {
            addToOne(query, values, i);
        }
    }

    /// Two vectors of dimensions from `i` on, for all queries.
    private void addToAll(long values, int i) {
        float[] weights0 = softmax[0].scores;
        float[] weights1 = softmax[1].scores;
        float[] weights2 = softmax[2].scores;
        float[] weights3 = softmax[3].scores;
        FloatVector low0 = sum(0, i);
        FloatVector low1 = sum(1, i);
        FloatVector low2 = sum(2, i);
        FloatVector low3 = sum(3, i);
        FloatVector high0 = sum(0, i + lanes);
        FloatVector high1 = sum(1, i + lanes);
        FloatVector high2 = sum(2, i + lanes);
        FloatVector high3 = sum(3, i + lanes);
        long at = values + 4L * i;
        for (int token = firstToken; token < endToken; token++) {
            long value = at + 4L * token * shape.valueDim();
            FloatVector low = load(value);
            FloatVector high = load(value + 4L * lanes);
            FloatVector weight = FloatVector.broadcast(LANES, weights0[token]);
            low0 = low.fma(weight, low0);
            high0 = high.fma(weight, high0);
            weight = FloatVector.broadcast(LANES, weights1[token]);
            low1 = low.fma(weight, low1);
            high1 = high.fma(weight, high1);
            weight = FloatVector.broadcast(LANES, weights2[token]);
            low2 = low.fma(weight, low2);
            high2 = high.fma(weight, high2);
            weight = FloatVector.broadcast(LANES, weights3[token]);
            low3 = low.fma(weight, low3);
            high3 = high.fma(weight, high3);
        }
        low0.intoArray(sums, i);
        low1.intoArray(sums, paddedWidth + i);
        low2.intoArray(sums, 2 * paddedWidth + i);
        low3.intoArray(sums, 3 * paddedWidth + i);
        high0.intoArray(sums, i + lanes);
        high1.intoArray(sums, paddedWidth + i + lanes);
        high2.intoArray(sums, 2 * paddedWidth + i + lanes);
        high3.intoArray(sums, 3 * paddedWidth + i + lanes);
    }

    private FloatVector sum(int query, int i) {
        return FloatVector.fromArray(LANES, sums, query * paddedWidth + i).mul(corrections[query]);
    }

    /// Dimensions from `start` on, for one query.
    private void addToOne(int query, long values, int start) {
        float[] weights = softmax[query].scores;
        int width = shape.valueDim();
        int bound = LANES.loopBound(width);
        int i = start;
        for (; i < bound; i += lanes) {
            FloatVector sum = sum(query, i);
            for (int token = firstToken; token < endToken; token++) {
                FloatVector weight = FloatVector.broadcast(LANES, weights[token]);
                sum = load(values + 4L * (token * width + i)).fma(weight, sum);
            }
            sum.intoArray(sums, query * paddedWidth + i);
        }
        for (; i < width; i++) {
            float sum = sums[query * paddedWidth + i] * corrections[query];
            for (int token = firstToken; token < endToken; token++) {
                sum = Math.fma(floatAt(values + 4L * (token * width + i)), weights[token], sum);
            }
            sums[query * paddedWidth + i] = sum;
        }
    }
}
