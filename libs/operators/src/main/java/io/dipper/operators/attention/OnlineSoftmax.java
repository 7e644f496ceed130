package io.dipper.operators.attention;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.putFloat;

import io.dipper.operators.Memory;
import io.dipper.operators.VectorMath;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// A softmax whose scores come in blocks: a running maximum, and the sums of weights and of what they
/// weigh under it, as in FlashAttention.
final class OnlineSoftmax {
    /// Scores of the block at hand, after [#add] its weights: `count` of them from `start` on.
    private final float[] scores;

    private final int start;
    private final int count;
    /// Weighted sums, to which others add: `width` of them from `firstSum` on.
    private final float[] sums;

    private final int firstSum;
    private final int width;

    /// The sum of weights, lane by lane: added up once, at the end.
    private final float[] totals = new float[LANES.length()];

    private float max;

    /// @param count scores of a block, whole vectors
    /// @param width weighted sums, whole vectors
    OnlineSoftmax(float[] scores, int start, int count, float[] sums, int firstSum, int width) {
        this.scores = scores;
        this.start = start;
        this.count = count;
        this.sums = sums;
        this.firstSum = firstSum;
        this.width = width;
    }

    void reset() {
        max = Float.NEGATIVE_INFINITY;
        Arrays.fill(totals, 0);
        Arrays.fill(sums, firstSum, firstSum + width, 0);
    }

    /// Begins with a score that takes part in the sum and has no value.
    void reset(float sink) {
        max = sink;
        Arrays.fill(totals, 0);
        totals[0] = 1;
        Arrays.fill(sums, firstSum, firstSum + width, 0);
    }

    /// Turns the scores `from` to `to - 1` into weights, the others into zeros, and shrinks what was
    /// summed before to the new maximum.
    void add(int from, int to) {
        Arrays.fill(scores, start, start + from, Float.NEGATIVE_INFINITY);
        Arrays.fill(scores, start + to, start + count, Float.NEGATIVE_INFINITY);
        FloatVector most = FloatVector.broadcast(LANES, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < count; i += LANES.length()) {
            most = most.max(FloatVector.fromArray(LANES, scores, start + i));
        }
        // Far into a context the maximum hardly moves: to see that is cheaper than to find the block's own.
        float newMax = most.compare(VectorOperators.GT, max).anyTrue() ? most.reduceLanes(VectorOperators.MAX) : max;
        if (newMax != max) {
            shrink(max == Float.NEGATIVE_INFINITY ? 0 : (float) Math.exp(max - newMax));
            max = newMax;
        }
        FloatVector sum = FloatVector.fromArray(LANES, totals, 0);
        for (int i = 0; i < count; i += LANES.length()) {
            FloatVector weights = VectorMath.exp(
                    FloatVector.fromArray(LANES, scores, start + i).sub(newMax));
            weights.intoArray(scores, start + i);
            sum = sum.add(weights);
        }
        sum.intoArray(totals, 0);
    }

    private void shrink(float correction) {
        FloatVector.fromArray(LANES, totals, 0).mul(correction).intoArray(totals, 0);
        for (int i = firstSum; i < firstSum + width; i += LANES.length()) {
            FloatVector.fromArray(LANES, sums, i).mul(correction).intoArray(sums, i);
        }
    }

    /// Writes the first `length` sums, divided by the sum of all weights, to an address.
    void finish(long output, int length) {
        float scale = 1 / Memory.sum(FloatVector.fromArray(LANES, totals, 0));
        for (int i = 0; i < length; i++) {
            putFloat(output + 4L * i, sums[firstSum + i] * scale);
        }
    }
}
