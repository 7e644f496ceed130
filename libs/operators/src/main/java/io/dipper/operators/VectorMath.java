package io.dipper.operators;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Transcendental functions on vectors of floats, good to a few units in the last place.
public final class VectorMath {
    private static final float LOG2_E = (float) (1 / Math.log(2));
    /// ln 2 in two parts, so that `x - n ln 2` loses nothing.
    private static final float LN2_HIGH = (float) 0.693359375;

    private static final float LN2_LOW = (float) -2.12194440e-4;
    private static final float MOST = (float) 88.3762626;
    private static final float LEAST = (float) -87.3365447;

    private VectorMath() {}

    /// e to the x. Below about −87.3 it is 0, so −∞ is 0 exactly; above about 88.4 it stays at the
    /// largest value.
    public static FloatVector exp(FloatVector x) {
        var tiny = x.compare(VectorOperators.LT, LEAST);
        FloatVector clamped = x.min(MOST).max(LEAST);
        FloatVector n = round(clamped.mul(LOG2_E));
        FloatVector r = n.fma(FloatVector.broadcast(x.species(), -LN2_HIGH), clamped);
        r = n.fma(FloatVector.broadcast(x.species(), -LN2_LOW), r);
        // Minimax polynomial of degree 7 for e^r on ±ln 2 / 2: 1 + r + r² p(r).
        FloatVector p = FloatVector.broadcast(x.species(), (float) 1.9875691500e-4);
        p = p.fma(r, FloatVector.broadcast(x.species(), (float) 1.3981999507e-3));
        p = p.fma(r, FloatVector.broadcast(x.species(), (float) 8.3334519073e-3));
        p = p.fma(r, FloatVector.broadcast(x.species(), (float) 4.1665795894e-2));
        p = p.fma(r, FloatVector.broadcast(x.species(), (float) 1.6666665459e-1));
        p = p.fma(r, FloatVector.broadcast(x.species(), (float) 5.0000001201e-1));
        FloatVector value = p.fma(r.mul(r), r).add(1f);
        return value.mul(powerOfTwo(n)).blend(0f, tiny);
    }

    /// 1 / (1 + e^−x).
    public static FloatVector sigmoid(FloatVector x) {
        return FloatVector.broadcast(x.species(), 1f).div(exp(x.neg()).add(1f));
    }

    public static FloatVector tanh(FloatVector x) {
        // 1 - 2 / (e^2x + 1) cancels near 0; there the series x - x³/3 + 2x⁵/15 - 17x⁷/315 is exact enough.
        FloatVector large = FloatVector.broadcast(x.species(), 1f)
                .sub(FloatVector.broadcast(x.species(), 2f).div(exp(x.add(x)).add(1f)));
        FloatVector square = x.mul(x);
        FloatVector series = square.mul(-17f / 315)
                .add(2f / 15)
                .mul(square)
                .sub(1f / 3)
                .mul(square)
                .add(1f);
        return large.blend(x.mul(series), x.abs().compare(VectorOperators.LT, 0.2f));
    }

    /// Adding and subtracting 1.5 · 2^23 rounds to the nearest integer in float arithmetic.
    private static FloatVector round(FloatVector x) {
        float magic = 12_582_912f;
        return x.add(magic).sub(magic);
    }

    private static FloatVector powerOfTwo(FloatVector n) {
        var bits =
                n.convert(VectorOperators.F2I, 0).reinterpretAsInts().add(127).lanewise(VectorOperators.LSHL, 23);
        return bits.reinterpretAsFloats();
    }
}
