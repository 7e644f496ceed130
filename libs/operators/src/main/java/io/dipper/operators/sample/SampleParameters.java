package io.dipper.operators.sample;

import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.longAt;

/// How one row chooses, as it lies in `sample_floats` and `sample_ints`.
///
/// @param position counter of the request's random stream
/// @param topLogprobs alternatives wanted; negative wants no logprobs at all
/// @param forcedId negative to choose, else the id to score
record SampleParameters(
        float temperature,
        float topP,
        float minP,
        float presencePenalty,
        float frequencyPenalty,
        float repetitionPenalty,
        long seed,
        long position,
        int topK,
        int topLogprobs,
        int forcedId) {

    static final int FLOATS = 6;
    static final int INTS = 5;

    static SampleParameters read(long floats, long ints, int row) {
        long f = floats + (long) row * FLOATS * Float.BYTES;
        long i = ints + (long) row * INTS * Long.BYTES;
        return new SampleParameters(
                floatAt(f),
                floatAt(f + 4),
                floatAt(f + 8),
                floatAt(f + 12),
                floatAt(f + 16),
                floatAt(f + 20),
                longAt(i),
                longAt(i + 8),
                (int) longAt(i + 16),
                (int) longAt(i + 24),
                (int) longAt(i + 32));
    }

    /// Settings that keep one token alone choose it without a draw.
    boolean isGreedy() {
        return temperature == 0 || topK == 1 || minP >= 1 || topP <= 0;
    }
}
