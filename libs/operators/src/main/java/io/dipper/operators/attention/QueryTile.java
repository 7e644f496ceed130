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
    ///
    /// @param sink address of the head's sink, 0 for none
    void add(float[] query, int position, long output, long sink) {
        for (int i = 0; i < query.length; i++) {
            queries[i * QUERIES + count] = query[i];
        }
        positions[count] = position;
        outputs[count] = output;
        if (sink == 0) {
            softmax[count].reset();
        } else {
            softmax[count].reset(floatAt(sink));
        }
        Arrays.fill(sums, count * paddedWidth, (count + 1) * paddedWidth, 0);
        count++;
    }

    boolean isEmpty() {
        return count == 0;
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

    /// Adds what the queries see of the block that begins at position `block`; blocks come in order.
    void attend(int block, long keys, long values) {
        if (block > lastSeen() || block + shape.blockTokens() <= firstSeen()) {
            return;
        }
        score(keys);
        weigh(block);
        addValues(values);
    }

    /// Writes the answers and is empty again.
    void finish() {
        for (int query = 0; query < count; query++) {
            float scale = 1 / softmax[query].total();
            for (int i = 0; i < shape.valueDim(); i++) {
                putFloat(outputs[query] + 4L * i, sums[query * paddedWidth + i] * scale);
            }
        }
        count = 0;
    }

    /// Scores of a whole block, seen or not, two vectors of tokens at a time.
    private void score(long keys) {
        for (int low = 0; low < shape.blockTokens(); low += 2 * lanes) {
            int high = Math.min(low + lanes, shape.blockTokens() - lanes);
            if (count <= 2) {
                scoreTwo(keys, low, high);
            } else {
                scoreFour(keys, low, high);
            }
        }
    }

    private void scoreTwo(long keys, int low, int high) {
        long row = 4L * shape.blockTokens();
        FloatVector zero = FloatVector.zero(LANES);
        FloatVector low0 = zero;
        FloatVector high0 = zero;
        FloatVector low1 = zero;
        FloatVector high1 = zero;
        for (int i = 0; i < shape.headDim(); i++) {
            FloatVector lowKeys = load(keys + i * row + 4L * low);
            FloatVector highKeys = load(keys + i * row + 4L * high);
            FloatVector query = broadcast(i * QUERIES);
            low0 = lowKeys.fma(query, low0);
            high0 = highKeys.fma(query, high0);
            query = broadcast(i * QUERIES + 1);
            low1 = lowKeys.fma(query, low1);
            high1 = highKeys.fma(query, high1);
        }
        put(0, low, low0);
        put(0, high, high0);
        put(1, low, low1);
        put(1, high, high1);
    }

    private void scoreFour(long keys, int low, int high) {
        long row = 4L * shape.blockTokens();
        FloatVector zero = FloatVector.zero(LANES);
        FloatVector low0 = zero;
        FloatVector high0 = zero;
        FloatVector low1 = zero;
        FloatVector high1 = zero;
        FloatVector low2 = zero;
        FloatVector high2 = zero;
        FloatVector low3 = zero;
        FloatVector high3 = zero;
        for (int i = 0; i < shape.headDim(); i++) {
            FloatVector lowKeys = load(keys + i * row + 4L * low);
            FloatVector highKeys = load(keys + i * row + 4L * high);
            FloatVector query = broadcast(i * QUERIES);
            low0 = lowKeys.fma(query, low0);
            high0 = highKeys.fma(query, high0);
            query = broadcast(i * QUERIES + 1);
            low1 = lowKeys.fma(query, low1);
            high1 = highKeys.fma(query, high1);
            query = broadcast(i * QUERIES + 2);
            low2 = lowKeys.fma(query, low2);
            high2 = highKeys.fma(query, high2);
            query = broadcast(i * QUERIES + 3);
            low3 = lowKeys.fma(query, low3);
            high3 = highKeys.fma(query, high3);
        }
        put(0, low, low0);
        put(0, high, high0);
        put(1, low, low1);
        put(1, high, high1);
        put(2, low, low2);
        put(2, high, high2);
        put(3, low, low3);
        put(3, high, high3);
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
        if (count <= 2) {
            for (; i + 4 * lanes <= shape.valueDim(); i += 4 * lanes) {
                addToTwo(values, i);
            }
        } else {
            for (; i + 2 * lanes <= shape.valueDim(); i += 2 * lanes) {
                addToFour(values, i);
            }
        }
        for (int query = 0; query < count; query++) {
            addToOne(query, values, i);
        }
    }

    /// Four vectors of dimensions from `i` on, for two queries.
    private void addToTwo(long values, int i) {
        float[] weights0 = softmax[0].scores;
        float[] weights1 = softmax[1].scores;
        FloatVector sum00 = sum(0, i);
        FloatVector sum01 = sum(0, i + lanes);
        FloatVector sum02 = sum(0, i + 2 * lanes);
        FloatVector sum03 = sum(0, i + 3 * lanes);
        FloatVector sum10 = sum(1, i);
        FloatVector sum11 = sum(1, i + lanes);
        FloatVector sum12 = sum(1, i + 2 * lanes);
        FloatVector sum13 = sum(1, i + 3 * lanes);
        for (int token = firstToken; token < endToken; token++) {
            long at = values + 4L * (token * shape.valueDim() + i);
            FloatVector value0 = load(at);
            FloatVector value1 = load(at + 4L * lanes);
            FloatVector value2 = load(at + 8L * lanes);
            FloatVector value3 = load(at + 12L * lanes);
            FloatVector weight = FloatVector.broadcast(LANES, weights0[token]);
            sum00 = value0.fma(weight, sum00);
            sum01 = value1.fma(weight, sum01);
            sum02 = value2.fma(weight, sum02);
            sum03 = value3.fma(weight, sum03);
            weight = FloatVector.broadcast(LANES, weights1[token]);
            sum10 = value0.fma(weight, sum10);
            sum11 = value1.fma(weight, sum11);
            sum12 = value2.fma(weight, sum12);
            sum13 = value3.fma(weight, sum13);
        }
        sum00.intoArray(sums, i);
        sum01.intoArray(sums, i + lanes);
        sum02.intoArray(sums, i + 2 * lanes);
        sum03.intoArray(sums, i + 3 * lanes);
        sum10.intoArray(sums, paddedWidth + i);
        sum11.intoArray(sums, paddedWidth + i + lanes);
        sum12.intoArray(sums, paddedWidth + i + 2 * lanes);
        sum13.intoArray(sums, paddedWidth + i + 3 * lanes);
    }

    /// Two vectors of dimensions from `i` on, for four queries.
    private void addToFour(long values, int i) {
        float[] weights0 = softmax[0].scores;
        float[] weights1 = softmax[1].scores;
        float[] weights2 = softmax[2].scores;
        float[] weights3 = softmax[3].scores;
        FloatVector sum00 = sum(0, i);
        FloatVector sum01 = sum(0, i + lanes);
        FloatVector sum10 = sum(1, i);
        FloatVector sum11 = sum(1, i + lanes);
        FloatVector sum20 = sum(2, i);
        FloatVector sum21 = sum(2, i + lanes);
        FloatVector sum30 = sum(3, i);
        FloatVector sum31 = sum(3, i + lanes);
        for (int token = firstToken; token < endToken; token++) {
            long at = values + 4L * (token * shape.valueDim() + i);
            FloatVector value0 = load(at);
            FloatVector value1 = load(at + 4L * lanes);
            FloatVector weight = FloatVector.broadcast(LANES, weights0[token]);
            sum00 = value0.fma(weight, sum00);
            sum01 = value1.fma(weight, sum01);
            weight = FloatVector.broadcast(LANES, weights1[token]);
            sum10 = value0.fma(weight, sum10);
            sum11 = value1.fma(weight, sum11);
            weight = FloatVector.broadcast(LANES, weights2[token]);
            sum20 = value0.fma(weight, sum20);
            sum21 = value1.fma(weight, sum21);
            weight = FloatVector.broadcast(LANES, weights3[token]);
            sum30 = value0.fma(weight, sum30);
            sum31 = value1.fma(weight, sum31);
        }
        sum00.intoArray(sums, i);
        sum01.intoArray(sums, i + lanes);
        sum10.intoArray(sums, paddedWidth + i);
        sum11.intoArray(sums, paddedWidth + i + lanes);
        sum20.intoArray(sums, 2 * paddedWidth + i);
        sum21.intoArray(sums, 2 * paddedWidth + i + lanes);
        sum30.intoArray(sums, 3 * paddedWidth + i);
        sum31.intoArray(sums, 3 * paddedWidth + i + lanes);
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
