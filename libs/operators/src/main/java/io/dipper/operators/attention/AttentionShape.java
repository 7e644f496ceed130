package io.dipper.operators.attention;

import io.dipper.onnxruntime.KernelInfo;

/// A layer's attention: the node's attributes.
///
/// @param scale factor of the scores
/// @param window a key is seen if it is less than so far back; 0 sees all
/// @param chunk a key is seen if it lies in the same chunk of so many positions; 0 sees all
/// @param softcap scores are capped to ± this by tanh; 0 caps nothing
/// @param rotaryDim leading dimensions of a head that rotate
/// @param interleaved rotated pairs lie side by side, else half a head apart
/// @param blockTokens tokens of a KV block
public record AttentionShape(
        int heads,
        int kvHeads,
        int headDim,
        int valueDim,
        float scale,
        int window,
        int chunk,
        float softcap,
        float normEpsilon,
        int rotaryDim,
        boolean interleaved,
        int blockTokens) {

    public static AttentionShape of(KernelInfo info) {
        return new AttentionShape(
                (int) info.integer("heads"),
                (int) info.integer("kv_heads"),
                (int) info.integer("head_dim"),
                (int) info.integer("value_dim"),
                info.decimal("scale"),
                (int) info.integer("window", 0),
                (int) info.integer("chunk", 0),
                info.decimal("softcap", 0f),
                info.decimal("qk_norm_epsilon", 0f),
                (int) info.integer("rotary_dim", 0),
                info.text("rope_pairing", "half").equals("interleaved"),
                (int) info.integer("block_tokens"));
    }

    public AttentionShape {
        if (heads < 1 || kvHeads < 1 || heads % kvHeads != 0) {
            throw new IllegalArgumentException(heads + " heads cannot share " + kvHeads + " key-value heads");
        }
        if (blockTokens % io.dipper.operators.Memory.LANES.length() != 0) {
            throw new IllegalArgumentException("blocks of " + blockTokens + " tokens are no whole vectors");
        }
    }

    /// Query heads that share a key-value head.
    public int group() {
        return heads / kvHeads;
    }

    /// Floats that a token keeps in the pool.
    int valuesPerToken() {
        return kvHeads * (headDim + valueDim);
    }

    /// The oldest position that a token at `position` sees.
    int firstSeen(int position) {
        int byWindow = window == 0 ? 0 : Math.max(0, position - window + 1);
        int byChunk = chunk == 0 ? 0 : position / chunk * chunk;
        return Math.max(byWindow, byChunk);
    }
}
