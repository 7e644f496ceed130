package io.dipper.operators.attention;

import static io.dipper.operators.Memory.floatAt;

/// Turns pairs of a head's values by the angles of a token's position.
///
/// @param cos address of the table [T, dims / 2]; unused if nothing rotates
/// @param sin the like
/// @param dims how many values rotate
/// @param interleaved pairs lie side by side, else half of `dims` apart
record Rotation(long cos, long sin, int dims, boolean interleaved) {

    /// Rotates the values from `at` on for a token of the step.
    void turn(float[] values, int at, int token) {
        int half = dims / 2;
        long row = 4L * token * half;
        for (int i = 0; i < half; i++) {
            int first = at + (interleaved ? 2 * i : i);
            int second = interleaved ? first + 1 : first + half;
            float c = floatAt(cos + row + 4L * i);
            float s = floatAt(sin + row + 4L * i);
            float a = values[first];
            float b = values[second];
            values[first] = a * c - b * s;
            values[second] = b * c + a * s;
        }
    }
}
