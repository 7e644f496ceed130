package io.dipper.engine;

/// What a step drew: one entry for each draw of the plan, in its order.
///
/// @param ids the chosen (or forced) ids, [draws]
/// @param logprobs their logprobs, [draws]; NaN where none was asked for
/// @param topWidth alternatives a draw has room for
/// @param topIds [draws × topWidth], −1 where unused
/// @param topLogprobs [draws × topWidth]
public record Tokens(int[] ids, float[] logprobs, int topWidth, int[] topIds, float[] topLogprobs) {
    public static Tokens of(int... ids) {
        float[] none = new float[ids.length];
        java.util.Arrays.fill(none, Float.NaN);
        return new Tokens(ids, none, 0, new int[0], new float[0]);
    }
}
