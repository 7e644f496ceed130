package io.dipper.operators.streams;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;
import static io.dipper.operators.Memory.store;

import io.dipper.operators.Memory;

/// Rows made as large as another one.
///
/// @param width of the rows
/// @param leastSquare mean square below which a row is not made any larger
record StreamSizes(int width, float leastSquare) {
    /// √mean(like²) / √max(mean(x²), least square).
    float factor(long x, long like) {
        double own = Math.max(square(x), leastSquare);
        return (float) Math.sqrt(square(like) / own);
    }

    private float square(long x) {
        return Memory.dot(x, x, width) / width;
    }

    void scale(long x, float factor, long y) {
        int bound = LANES.loopBound(width);
        for (int i = 0; i < bound; i += LANES.length()) {
            store(load(x + 4L * i).mul(factor), y + 4L * i);
        }
        for (int i = bound; i < width; i++) {
            putFloat(y + 4L * i, floatAt(x + 4L * i) * factor);
        }
    }

    /// Adds `x`, scaled, to the row `y`.
    void add(long x, float factor, long y) {
        int bound = LANES.loopBound(width);
        for (int i = 0; i < bound; i += LANES.length()) {
            store(load(x + 4L * i).mul(factor).add(load(y + 4L * i)), y + 4L * i);
        }
        for (int i = bound; i < width; i++) {
            putFloat(y + 4L * i, floatAt(x + 4L * i) * factor + floatAt(y + 4L * i));
        }
    }
}
