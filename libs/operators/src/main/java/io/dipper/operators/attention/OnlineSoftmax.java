package io.dipper.operators.attention;

import static io.dipper.operators.Memory.LANES;

import io.dipper.operators.Memory;
import io.dipper.operators.VectorMath;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// A softmax whose scores come in blocks: a running maximum and the sum of weights under it, as in
/// FlashAttention.
final class OnlineSoftmax {
    /// Of the block at hand: scores, after [#add] weights.
    final float[] scores;

    private float max;
    private float total;

    /// @param block scores of a block, whole vectors
    OnlineSoftmax(int block) {
        scores = new float[block];
    }

    void reset() {
        max = Float.NEGATIVE_INFINITY;
        total = 0;
    }

    /// Begins with a score that takes part in the sum and has no value.
    void reset(float sink) {
        max = sink;
        total = 1;
    }

    /// Turns the scores `from` to `to - 1` into weights, the others into zeros, and returns the
    /// factor by which what was summed before must shrink.
    float add(int from, int to) {
        Arrays.fill(scores, 0, from, Float.NEGATIVE_INFINITY);
        Arrays.fill(scores, to, scores.length, Float.NEGATIVE_INFINITY);
        FloatVector most = FloatVector.broadcast(LANES, Float.NEGATIVE_INFINITY);
        for (int lane = 0; lane < scores.length; lane += LANES.length()) {
            most = most.max(FloatVector.fromArray(LANES, scores, lane));
        }
        float newMax = Math.max(max, most.reduceLanes(VectorOperators.MAX));
        float correction = correction(newMax);
        FloatVector sum = FloatVector.zero(LANES);
        for (int lane = 0; lane < scores.length; lane += LANES.length()) {
            FloatVector weights =
                    VectorMath.exp(FloatVector.fromArray(LANES, scores, lane).sub(newMax));
            weights.intoArray(scores, lane);
            sum = sum.add(weights);
        }
        total = total * correction + Memory.sum(sum);
        max = newMax;
        return correction;
    }

    private float correction(float newMax) {
        if (max == newMax) {
            return 1;
        }
        return max == Float.NEGATIVE_INFINITY ? 0 : (float) Math.exp(max - newMax);
    }

    /// The sum of all weights.
    float total() {
        return total;
    }
}
