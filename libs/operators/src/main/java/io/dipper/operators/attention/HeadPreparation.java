package io.dipper.operators.attention;

import static io.dipper.operators.Memory.floatAt;

/// What happens to a query or key head before it meets the other: RMS norm over the head, then
/// rotation.
final class HeadPreparation {
    private final AttentionShape shape;
    private final Rotation rotation;

    /// @param cos address of the table [T, rotaryDim / 2]; unused if nothing rotates
    HeadPreparation(AttentionShape shape, long cos, long sin) {
        this.shape = shape;
        this.rotation = new Rotation(cos, sin, shape.rotaryDim(), shape.interleaved());
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
            rotation.turn(head, 0, token);
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
}
