package io.dipper.export;

import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.RopeScaling;
import java.util.List;

/// The rotary frequencies of a design, in the float arithmetic of the reference, so that angles
/// agree to the last bit or nearly so.
final class RopeFrequencies {
    private RopeFrequencies() {}

    /// One frequency a pair of dimensions.
    static float[] of(Rope rope) {
        float[] plain = plain(rope);
        return switch (rope.scaling()) {
            // Within the context that the model claims, dynamic scaling leaves theta as it is.
            case RopeScaling.None _, RopeScaling.Dynamic _ -> plain;
            case RopeScaling.Linear(double factor) -> divided(plain, (float) factor);
            case RopeScaling.Yarn yarn -> yarn(rope, yarn, plain);
            case RopeScaling.Llama3 llama3 -> llama3(llama3, plain);
            case RopeScaling.LongRope longRope -> longRope(rope, longRope.shortFactors());
        };
    }

    private static float[] plain(Rope rope) {
        float[] frequencies = new float[rope.rotaryDim() / 2];
        for (int pair = 0; pair < frequencies.length; pair++) {
            frequencies[pair] = 1 / power(rope, pair);
        }
        return frequencies;
    }

    /// Theta to the power of the pair's share of the dimensions.
    private static float power(Rope rope, int pair) {
        return (float) Math.pow(rope.theta(), (float) (2 * pair) / rope.rotaryDim());
    }

    private static float[] divided(float[] frequencies, float factor) {
        float[] scaled = frequencies.clone();
        for (int pair = 0; pair < scaled.length; pair++) {
            scaled[pair] /= factor;
        }
        return scaled;
    }

    private static float[] longRope(Rope rope, List<Double> factors) {
        float[] frequencies = new float[rope.rotaryDim() / 2];
        for (int pair = 0; pair < frequencies.length; pair++) {
            frequencies[pair] = 1 / (factors.get(pair).floatValue() * power(rope, pair));
        }
        return frequencies;
    }

    /// Long waves are stretched, short ones kept, those between blended by how often they fit the
    /// original context.
    private static float[] llama3(RopeScaling.Llama3 scaling, float[] plain) {
        float factor = (float) scaling.factor();
        float low = (float) scaling.lowFrequencyFactor();
        float high = (float) scaling.highFrequencyFactor();
        float context = scaling.originalContext();
        float[] frequencies = plain.clone();
        for (int pair = 0; pair < plain.length; pair++) {
            float wave = (float) (2 * Math.PI) / plain[pair];
            if (wave > context / low) {
                frequencies[pair] = plain[pair] / factor;
            } else if (wave >= context / high && high > low) {
                float share = (context / wave - low) / (high - low);
                frequencies[pair] = (1 - share) * plain[pair] / factor + share * plain[pair];
            }
        }
        return frequencies;
    }

    private static float[] yarn(Rope rope, RopeScaling.Yarn scaling, float[] plain) {
        double low = turningDimension(rope, scaling, scaling.betaFast());
        double high = turningDimension(rope, scaling, scaling.betaSlow());
        if (scaling.wholeBounds()) {
            low = Math.floor(low);
            high = Math.ceil(high);
        }
        low = Math.max(low, 0);
        high = Math.min(high, rope.rotaryDim() - 1);
        if (low == high) {
            high += 0.001;
        }
        float[] frequencies = new float[plain.length];
        for (int pair = 0; pair < plain.length; pair++) {
            float ramp = Math.clamp((float) (pair - low) / (float) (high - low), 0f, 1f);
            float kept = 1 - ramp;
            float stretched = 1 / ((float) scaling.factor() * power(rope, pair));
            frequencies[pair] = stretched * (1 - kept) + plain[pair] * kept;
        }
        return frequencies;
    }

    /// The dimension whose wave turns `rotations` times within the original context.
    private static double turningDimension(Rope rope, RopeScaling.Yarn scaling, double rotations) {
        return rope.rotaryDim()
                * Math.log(scaling.originalContext() / (rotations * 2 * Math.PI))
                / (2 * Math.log(rope.theta()));
    }
}
