package io.dipper.operators.attention;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;
import static io.dipper.operators.Memory.store;

import io.dipper.operators.Memory;
import io.dipper.operators.linear.LinearKernel;
import java.lang.foreign.Arena;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// A few tokens by a few heads: queries taken into the latents' space, mixed there, and brought out
/// again. Every sum runs in an order that the shape alone decides.
final class LatentTile implements AutoCloseable {
    static final int TOKENS = 16;
    static final int HEADS = 4;

    private final LatentShape shape;
    private final long projection;
    private final float[] query;
    private final OnlineSoftmax[] softmax = new OnlineSoftmax[HEADS];

    @SuppressWarnings("MustBeClosed") // closed by close()
    private final Arena arena = Arena.ofConfined();

    /// [HEADS][TOKENS][latent, rotary]: queries that meet what the pool keeps.
    private final long absorbed;
    /// [HEADS][TOKENS][latent]
    private final long mixed;
    /// [TOKENS][value]
    private final long values;

    /// [HEADS][blockTokens]: a block's scores, then its weights
    private final float[] scores;
    /// [HEADS][latent, filled up to whole vectors]
    private final float[] sums;

    private final int sumWidth;

    private int firstToken;
    private int tokens;
    private int firstHead;
    private int heads;

    LatentTile(LatentShape shape, long projection) {
        this.shape = shape;
        this.projection = projection;
        query = new float[shape.queryDim()];
        absorbed =
                arena.allocate(4L * HEADS * TOKENS * shape.valuesPerToken(), 64).address();
        mixed = arena.allocate(4L * HEADS * TOKENS * shape.latentDim(), 64).address();
        values = arena.allocate(4L * TOKENS * shape.valueDim(), 64).address();
        int tokens = shape.blockTokens();
        scores = new float[HEADS * tokens];
        sumWidth = Math.ceilDiv(shape.latentDim(), LANES.length()) * LANES.length();
        sums = new float[HEADS * sumWidth];
        Arrays.setAll(
                softmax, head -> new OnlineSoftmax(scores, head * tokens, tokens, sums, head * sumWidth, sumWidth));
    }

    void place(int newFirstToken, int newTokens, int newFirstHead, int newHeads) {
        firstToken = newFirstToken;
        tokens = newTokens;
        firstHead = newFirstHead;
        heads = newHeads;
    }

    int firstToken() {
        return firstToken;
    }

    int tokens() {
        return tokens;
    }

    private long absorbed(int head, int token) {
        return absorbed + 4L * (head * TOKENS + token) * shape.valuesPerToken();
    }

    private long mixed(int head, int token) {
        return mixed + 4L * (head * TOKENS + token) * shape.latentDim();
    }

    private void score(int head, int slot, float product) {
        scores[head * shape.blockTokens() + slot] = product * shape.scale();
    }

    private long keyRows(int head) {
        return projection + 4L * (firstHead + head) * shape.projectedDim() * shape.latentDim();
    }

    /// q · W of every head, W its key rows of the projection; the rotary part turned, beside it.
    void absorb(long queries, Rotation rotation) {
        long row = 4L * shape.heads() * shape.queryDim();
        for (int head = 0; head < heads; head++) {
            for (int token = 0; token < tokens; token++) {
                long source = queries + (firstToken + token) * row + 4L * (firstHead + head) * shape.queryDim();
                for (int i = 0; i < query.length; i++) {
                    query[i] = floatAt(source + 4L * i);
                }
                rotation.turn(query, shape.plainDim(), firstToken + token);
                long absorbedAt = absorbed(head, token);
                project(keyRows(head), absorbedAt);
                for (int i = 0; i < shape.rotaryDim(); i++) {
                    putFloat(absorbedAt + 4L * (shape.latentDim() + i), query[shape.plainDim() + i]);
                }
            }
        }
    }

    /// Sums the rows of a matrix, each times the query's value of it; four vectors of columns at a
    /// time hide the latency of the additions.
    private void project(long matrix, long result) {
        int latent = shape.latentDim();
        int lanes = LANES.length();
        long stride = 4L * latent;
        int i = 0;
        for (; i + 4 * lanes <= latent; i += 4 * lanes) {
            FloatVector a = FloatVector.zero(LANES);
            FloatVector b = a;
            FloatVector c = a;
            FloatVector d = a;
            long at = matrix + 4L * i;
            for (int row = 0; row < shape.plainDim(); row++, at += stride) {
                FloatVector factor = FloatVector.broadcast(LANES, query[row]);
                a = load(at).fma(factor, a);
                b = load(at + 4L * lanes).fma(factor, b);
                c = load(at + 8L * lanes).fma(factor, c);
                d = load(at + 12L * lanes).fma(factor, d);
            }
            store(a, result + 4L * i);
            store(b, result + 4L * (i + lanes));
            store(c, result + 4L * (i + 2 * lanes));
            store(d, result + 4L * (i + 3 * lanes));
        }
        for (; i < latent; i++) {
            float sum = 0;
            for (int row = 0; row < shape.plainDim(); row++) {
                sum = Math.fma(floatAt(matrix + row * stride + 4L * i), query[row], sum);
            }
            putFloat(result + 4L * i, sum);
        }
    }

    /// Before the blocks of a token.
    void begin() {
        for (int head = 0; head < heads; head++) {
            softmax[head].reset();
        }
    }

    /// Takes in the first `count` tokens of a block.
    void take(long block, int count, int token) {
        for (int kept = 0; kept < count; kept++) {
            score(block + 4L * kept * shape.valuesPerToken(), kept, token);
        }
        for (int head = 0; head < heads; head++) {
            softmax[head].add(0, count);
        }
        addLatents(block, count);
    }

    private void score(long kept, int slot, int token) {
        int width = shape.valuesPerToken();
        if (heads != HEADS) {
            for (int head = 0; head < heads; head++) {
                score(head, slot, Memory.dot(absorbed(head, token), kept, width));
            }
            return;
        }
        long q0 = absorbed(0, token);
        long q1 = absorbed(1, token);
        long q2 = absorbed(2, token);
        long q3 = absorbed(3, token);
        FloatVector s0 = FloatVector.zero(LANES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int bound = LANES.loopBound(width);
        for (int i = 0; i < bound; i += LANES.length()) {
            long at = 4L * i;
            FloatVector key = load(kept + at);
            s0 = load(q0 + at).fma(key, s0);
            s1 = load(q1 + at).fma(key, s1);
            s2 = load(q2 + at).fma(key, s2);
            s3 = load(q3 + at).fma(key, s3);
        }
        score(0, slot, finish(s0, q0, kept));
        score(1, slot, finish(s1, q1, kept));
        score(2, slot, finish(s2, q2, kept));
        score(3, slot, finish(s3, q3, kept));
    }

    private float finish(FloatVector lanes, long q, long kept) {
        float sum = Memory.sum(lanes);
        for (int i = LANES.loopBound(shape.valuesPerToken()); i < shape.valuesPerToken(); i++) {
            sum = Math.fma(floatAt(q + 4L * i), floatAt(kept + 4L * i), sum);
        }
        return sum;
    }

    /// Adds the block's latents, weighted, to each head's sum.
    private void addLatents(long block, int count) {
        var products = new WeightedRows(
                block, 4L * shape.valuesPerToken(), count, scores, 0, shape.blockTokens(), sums, sumWidth);
        int done = 0;
        if (heads == HEADS) {
            for (; done + 2 * LANES.length() <= shape.latentDim(); done += 2 * LANES.length()) {
                products.addToFour(done, done + LANES.length());
            }
        }
        for (int head = 0; head < heads; head++) {
            products.addToOne(head, done, shape.latentDim());
        }
    }

    /// After the last block of a token.
    void end(int token) {
        for (int head = 0; head < heads; head++) {
            softmax[head].finish(mixed(head, token), shape.latentDim());
        }
    }

    /// What was mixed, times every head's value rows of the projection.
    void expand(long out) {
        int width = shape.valueDim();
        for (int head = 0; head < heads; head++) {
            long valueRows = keyRows(head) + 4L * shape.plainDim() * shape.latentDim();
            new LinearKernel(mixed(head, 0), valueRows, LinearKernel.NO_BIAS, values, tokens, width, shape.latentDim())
                    .columns(0, width);
            for (int token = 0; token < tokens; token++) {
                long row = (long) (firstToken + token) * shape.heads() + firstHead + head;
                Memory.copy(values + 4L * token * width, out + 4 * row * width, 4L * width);
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
