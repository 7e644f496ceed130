package io.dipper.operators.streams;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;

import io.dipper.operators.Memory;
import jdk.incubator.vector.FloatVector;

/// How AltUp weighs its streams by one of them, x: tanh(router · norm(x) / H), a number a stream.
///
/// @param norm weight of the RMS norm, [H]
/// @param router [n, H]
/// @param streams n
/// @param width H
record StreamRouting(long norm, long router, int streams, int width, float epsilon) {
    /// @param x a row [H]
    float[] of(long x) {
        double scale = 1 / Math.sqrt(Memory.dot(x, x, width) / width + epsilon) / width;
        float[] routed = new float[streams];
        for (int stream = 0; stream < streams; stream++) {
            routed[stream] = (float) Math.tanh(scale * product(x, router + 4L * stream * width));
        }
        return routed;
    }

    private float product(long x, long row) {
        FloatVector sums = FloatVector.zero(LANES);
        int bound = LANES.loopBound(width);
        for (int i = 0; i < bound; i += LANES.length()) {
            sums = load(x + 4L * i).mul(load(norm + 4L * i)).fma(load(row + 4L * i), sums);
        }
        float sum = Memory.sum(sums);
        for (int i = bound; i < width; i++) {
            sum = Math.fma(floatAt(x + 4L * i) * floatAt(norm + 4L * i), floatAt(row + 4L * i), sum);
        }
        return sum;
    }

    /// Rows of coefficients [rows, n] times what was routed.
    ///
    /// @param clip most that a coefficient counts, either way
    float[] mixed(long coefficients, int rows, float[] routed, float clip) {
        float[] mixed = new float[rows];
        for (int row = 0; row < rows; row++) {
            for (int stream = 0; stream < streams; stream++) {
                float coefficient = floatAt(coefficients + 4L * (row * streams + stream));
                mixed[row] = Math.fma(Math.clamp(coefficient, -clip, clip), routed[stream], mixed[row]);
            }
        }
        return mixed;
    }
}
