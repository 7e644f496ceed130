package io.dipper.operators.gate;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;
import static io.dipper.operators.Memory.store;

import io.dipper.onnxruntime.KernelInfo;
import io.dipper.operators.Memory;
import io.dipper.operators.VectorMath;
import jdk.incubator.vector.FloatVector;

/// How a gated feed-forward part joins its two halves: activation(gate) · up; or, with a clamp
/// limit l and g = min(gate, l), u = up held within ±l: g · sigmoid(α g) · (u + 1), as gpt-oss
/// defines it; or, with a cut of z deviations, activation(max(gate − c, 0)) · up, where c lies z
/// standard deviations above the mean of the row's gates, as Gemma 3n defines it.
public final class Gate {
    private final Activation activation;
    private final float limit;
    private final float alpha;
    private final float deviations;

    private Gate(Activation activation, float limit, float alpha, float deviations) {
        this.activation = activation;
        this.limit = limit;
        this.alpha = alpha;
        this.deviations = deviations;
    }

    /// As a node's attributes say; a limit of 0 clamps nothing, no deviations cut nothing.
    public static Gate of(KernelInfo info) {
        return new Gate(
                Activation.named(info.text("activation")),
                info.decimal("clamp_limit", 0f),
                info.decimal("clamp_alpha", 0f),
                info.decimal("cut_deviations", Float.NaN));
    }

    /// Joins `width` values at two addresses into those at `y`, which may be either of them.
    public void apply(long gate, long up, long y, int width) {
        float cut = Float.isNaN(deviations) ? 0 : cut(gate, width);
        int bound = LANES.loopBound(width);
        for (int i = 0; i < bound; i += LANES.length()) {
            store(join(load(gate + 4L * i), load(up + 4L * i), cut), y + 4L * i);
        }
        for (int i = bound; i < width; i++) {
            // The tail goes through the same arithmetic, one lane at a time.
            FloatVector one = FloatVector.broadcast(LANES, floatAt(gate + 4L * i));
            FloatVector other = FloatVector.broadcast(LANES, floatAt(up + 4L * i));
            putFloat(y + 4L * i, join(one, other, cut).lane(0));
        }
    }

    private FloatVector join(FloatVector gate, FloatVector up, float cut) {
        if (!Float.isNaN(deviations)) {
            return activation.apply(gate.sub(cut).max(0f)).mul(up);
        }
        if (limit == 0) {
            return activation.apply(gate).mul(up);
        }
        FloatVector held = gate.min(limit);
        FloatVector opened = held.mul(VectorMath.sigmoid(held.mul(alpha)));
        return opened.mul(up.min(limit).max(-limit).add(1f));
    }

    /// So many standard deviations above the mean of the gates.
    private float cut(long gate, int width) {
        int bound = LANES.loopBound(width);
        FloatVector sums = FloatVector.zero(LANES);
        for (int i = 0; i < bound; i += LANES.length()) {
            sums = sums.add(load(gate + 4L * i));
        }
        float sum = Memory.sum(sums);
        for (int i = bound; i < width; i++) {
            sum += floatAt(gate + 4L * i);
        }
        float mean = sum / width;
        FloatVector squares = FloatVector.zero(LANES);
        for (int i = 0; i < bound; i += LANES.length()) {
            FloatVector off = load(gate + 4L * i).sub(mean);
            squares = off.fma(off, squares);
        }
        float square = Memory.sum(squares);
        for (int i = bound; i < width; i++) {
            float off = floatAt(gate + 4L * i) - mean;
            square = Math.fma(off, off, square);
        }
        return mean + deviations * (float) Math.sqrt(square / width);
    }
}
