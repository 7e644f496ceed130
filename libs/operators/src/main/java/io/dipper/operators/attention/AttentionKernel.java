package io.dipper.operators.attention;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.Memory;
import io.dipper.operators.VectorMath;
import io.dipper.operators.Work;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Softmax attention over the pool, block by block with a running maximum (the online softmax of
/// FlashAttention), so a context of any length needs no score matrix.
///
/// A token's answer is computed from its own blocks in order and from nothing else: company in the
/// step and the cut of the prompt into chunks change no bit of it.
final class AttentionKernel {
    private final AttentionShape shape;
    private final PagedPool pool;
    private final HeadPreparation heads;
    private final int[] positions;
    private final int[] rows;

    AttentionKernel(AttentionShape shape, PagedPool pool, HeadPreparation heads, int[] positions, int[] rows) {
        this.shape = shape;
        this.pool = pool;
        this.heads = heads;
        this.positions = positions;
        this.rows = rows;
    }

    /// Puts the step's keys and values into the pool.
    void write(KernelContext context, long key, long value, long norm) {
        Work.split(context, positions.length, 8L * shape.valuesPerToken(), 1, (from, to) -> {
            float[] head = new float[shape.headDim()];
            for (int token = from; token < to; token++) {
                int slot = positions[token] % shape.blockTokens();
                for (int kvHead = 0; kvHead < shape.kvHeads(); kvHead++) {
                    long index = (long) token * shape.kvHeads() + kvHead;
                    long keys = pool.keys(rows[token], positions[token], kvHead);
                    heads.prepare(key + 4 * index * shape.headDim(), token, norm, head);
                    for (int i = 0; i < head.length; i++) {
                        putFloat(keys + 4L * (i * shape.blockTokens() + slot), head[i]);
                    }
                    Memory.copy(
                            value + 4 * index * shape.valueDim(),
                            pool.values(keys) + 4L * slot * shape.valueDim(),
                            4L * shape.valueDim());
                }
            }
        });
    }

    void attend(KernelContext context, long query, long norm, long out) {
        int items = positions.length * shape.kvHeads();
        long cost = 0;
        for (int position : positions) {
            cost += position - shape.firstSeen(position) + 1;
        }
        cost *= (long) shape.heads() * (shape.headDim() + shape.valueDim());
        int parts = Work.parts(items, cost);
        // Dealt out in turn: later tokens of a prompt see more, so contiguous parts would be of unequal work.
        Work.each(context, parts, part -> {
            var scratch = new Scratch(shape);
            for (int item = part; item < items; item += parts) {
                attend(item / shape.kvHeads(), item % shape.kvHeads(), query, norm, out, scratch);
            }
        });
    }

    private static final class Scratch {
        final float[] query;
        final float[] scores;
        final float[] sum;
        float max;
        float weight;

        Scratch(AttentionShape shape) {
            query = new float[shape.headDim()];
            scores = new float[shape.blockTokens()];
            sum = new float[Math.ceilDiv(shape.valueDim(), LANES.length()) * LANES.length()];
        }
    }

    private void attend(int token, int kvHead, long query, long norm, long out, Scratch scratch) {
        int position = positions[token];
        int first = shape.firstSeen(position);
        for (int member = 0; member < shape.group(); member++) {
            long head = (long) token * shape.heads() + (long) kvHead * shape.group() + member;
            heads.prepare(query + 4 * head * shape.headDim(), token, norm, scratch.query);
            scratch.max = Float.NEGATIVE_INFINITY;
            scratch.weight = 0;
            Arrays.fill(scratch.sum, 0);
            int block = first / shape.blockTokens() * shape.blockTokens();
            for (; block <= position; block += shape.blockTokens()) {
                long keys = pool.keys(rows[token], block, kvHead);
                int from = Math.max(first - block, 0);
                int to = Math.min(position - block + 1, shape.blockTokens());
                score(keys, scratch);
                accumulate(pool.values(keys), from, to, scratch);
            }
            float scale = 1 / scratch.weight;
            for (int i = 0; i < shape.valueDim(); i++) {
                putFloat(out + 4 * (head * shape.valueDim() + i), scratch.sum[i] * scale);
            }
        }
    }

    /// Scores of a whole block, seen or not; two accumulators a vector hide the latency of the
    /// additions.
    private void score(long keys, Scratch scratch) {
        int tokens = shape.blockTokens();
        int dims = shape.headDim();
        float[] q = scratch.query;
        for (int lane = 0; lane < tokens; lane += LANES.length()) {
            long at = keys + 4L * lane;
            long row = 4L * tokens;
            FloatVector even = FloatVector.zero(LANES);
            FloatVector odd = FloatVector.zero(LANES);
            int i = 0;
            for (; i + 1 < dims; i += 2) {
                even = load(at + i * row).fma(FloatVector.broadcast(LANES, q[i]), even);
                odd = load(at + (i + 1) * row).fma(FloatVector.broadcast(LANES, q[i + 1]), odd);
            }
            if (i < dims) {
                even = load(at + i * row).fma(FloatVector.broadcast(LANES, q[i]), even);
            }
            FloatVector score = even.add(odd).mul(shape.scale());
            if (shape.softcap() > 0) {
                score = VectorMath.tanh(score.div(shape.softcap())).mul(shape.softcap());
            }
            score.intoArray(scratch.scores, lane);
        }
    }

    /// Adds the block's tokens `from` to `to - 1` to the running softmax.
    private void accumulate(long values, int from, int to, Scratch scratch) {
        float[] scores = scratch.scores;
        Arrays.fill(scores, 0, from, Float.NEGATIVE_INFINITY);
        Arrays.fill(scores, to, scores.length, Float.NEGATIVE_INFINITY);
        FloatVector most = FloatVector.broadcast(LANES, Float.NEGATIVE_INFINITY);
        for (int lane = 0; lane < scores.length; lane += LANES.length()) {
            most = most.max(FloatVector.fromArray(LANES, scores, lane));
        }
        float max = Math.max(scratch.max, most.reduceLanes(VectorOperators.MAX));
        float correction = scratch.max == Float.NEGATIVE_INFINITY ? 0 : (float) Math.exp(scratch.max - max);
        FloatVector total = FloatVector.zero(LANES);
        for (int lane = 0; lane < scores.length; lane += LANES.length()) {
            FloatVector weights =
                    VectorMath.exp(FloatVector.fromArray(LANES, scores, lane).sub(max));
            weights.intoArray(scores, lane);
            total = total.add(weights);
        }
        scratch.weight = scratch.weight * correction + Memory.sum(total);
        scratch.max = max;
        addValues(values, from, to, correction, scratch);
    }

    private void addValues(long values, int from, int to, float correction, Scratch scratch) {
        int width = shape.valueDim();
        int bound = LANES.loopBound(width);
        for (int i = 0; i < bound; i += LANES.length()) {
            FloatVector sum = FloatVector.fromArray(LANES, scratch.sum, i).mul(correction);
            for (int token = from; token < to; token++) {
                FloatVector weight = FloatVector.broadcast(LANES, scratch.scores[token]);
                sum = load(values + 4L * (token * width + i)).fma(weight, sum);
            }
            sum.intoArray(scratch.sum, i);
        }
        for (int i = bound; i < width; i++) {
            float sum = scratch.sum[i] * correction;
            for (int token = from; token < to; token++) {
                sum = Math.fma(Memory.floatAt(values + 4L * (token * width + i)), scratch.scores[token], sum);
            }
            scratch.sum[i] = sum;
        }
    }
}
