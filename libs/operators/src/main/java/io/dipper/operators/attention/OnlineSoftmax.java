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

    private float max;
    private float total;

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
        total = 0;
        Arrays.fill(sums, firstSum, firstSum + width, 0);
    }

    /// Begins with a score that takes part in the sum and has no value.
    void reset(float sink) {
        max = sink;
        total = 1;
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
        float newMax = Math.max(max, most.reduceLanes(VectorOperators.MAX));
        float correction = correction(newMax);
        FloatVector sum = FloatVector.zero(LANES);
        for (int i = 0; i < count; i += LANES.length()) {
            FloatVector weights = VectorMath.exp(
                    FloatVector.fromArray(LANES, scores, start + i).sub(newMax));
            weights.intoArray(scores, start + i);
            sum = sum.add(weights);
        }
        total = total * correction + Memory.sum(sum);
        max = newMax;
        shrink(correction);
    }

    private void shrink(float correction) {
        if (correction != 1) {
            for (int i = firstSum; i < firstSum + width; i += LANES.length()) {
                FloatVector.fromArray(LANES, sums, i).mul(correction).intoArray(sums, i);
            }
        }
    }

    private float correction(float newMax) {
        if (max == newMax) {
            return 1;
        }
        return max == Float.NEGATIVE_INFINITY ? 0 : (float) Math.exp(max - newMax);
    }

    /// Writes the first `length` sums, divided by the sum of all weights, to an address.
    void finish(long output, int length) {
        float scale = 1 / total;
        for (int i = 0; i < length; i++) {
            putFloat(output + 4L * i, sums[firstSum + i] * scale);
        }
    }
}
