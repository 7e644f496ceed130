package io.dipper.operators.attention;

import static io.dipper.operators.Memory.floatAt;

/// What happens to a query or key head before it meets the other: RMS norm over the head, then
/// rotation.
final class HeadPreparation {
    private final AttentionShape shape;
    private final long cos;
    private final long sin;

    /// @param cos address of the table [T, rotaryDim / 2]; unused if nothing rotates
    HeadPreparation(AttentionShape shape, long cos, long sin) {
        this.shape = shape;
        this.cos = cos;
        this.sin = sin;
    }

    /// Reads the head at `source` and leaves it prepared in `head`.
    ///
    /// @param norm address of the head norm's weight, 0 for none
    void prepare(long source, int token, long norm, float[] head) {
        int width = shape.headDim();
        for (int i = 0; i < width; i++) {
            head[i] = floatAt(source + 4L * i);
        }
        if (norm != 0) {
            normalise(head, width, norm);
        }
        if (shape.rotaryDim() > 0) {
            rotate(head, token);
        }
    }

    private void normalise(float[] head, int width, long norm) {
        float squares = 0;
        for (int i = 0; i < width; i++) {
            squares = Math.fma(head[i], head[i], squares);
        }
        float scale = (float) (1 / Math.sqrt(squares / width + shape.normEpsilon()));
        for (int i = 0; i < width; i++) {
            head[i] = head[i] * scale * floatAt(norm + 4L * i);
        }
    }

    private void rotate(float[] head, int token) {
        int half = shape.rotaryDim() / 2;
        long row = 4L * token * half;
        for (int i = 0; i < half; i++) {
            int first = shape.interleaved() ? 2 * i : i;
            int second = shape.interleaved() ? 2 * i + 1 : i + half;
            float c = floatAt(cos + row + 4L * i);
            float s = floatAt(sin + row + 4L * i);
            float a = head[first];
            float b = head[second];
            head[first] = a * c - b * s;
            head[second] = b * c + a * s;
        }
    }
}
