package io.dipper.operators.attention;

import io.dipper.onnxruntime.KernelInfo;
import io.dipper.operators.Memory;

/// A layer's latent attention: the node's attributes.
///
/// @param plainDim values of a query head that do not rotate; they meet the latent
/// @param rotaryDim those that rotate; they meet the rotary key that all heads share
/// @param valueDim values that a head makes of the latents it mixes
/// @param latentDim values of a latent
/// @param scale factor of the scores
/// @param normEpsilon of the latents' RMS norm
/// @param blockTokens tokens of a KV block
public record LatentShape(
        int heads,
        int plainDim,
        int rotaryDim,
        int valueDim,
        int latentDim,
        float scale,
        float normEpsilon,
        boolean interleaved,
        int blockTokens) {

    public static LatentShape of(KernelInfo info) {
        return new LatentShape(
                (int) info.integer("heads"),
                (int) info.integer("plain_dim"),
                (int) info.integer("rotary_dim"),
                (int) info.integer("value_dim"),
                (int) info.integer("latent_dim"),
                info.decimal("scale"),
                info.decimal("norm_epsilon"),
                info.text("rope_pairing", "half").equals("interleaved"),
                (int) info.integer("block_tokens"));
    }

    public LatentShape {
        if (blockTokens % Memory.LANES.length() != 0) {
            throw new IllegalArgumentException("blocks of " + blockTokens + " tokens are no whole vectors");
        }
    }

    int queryDim() {
        return plainDim + rotaryDim;
    }

    /// Floats that a token keeps in the pool: its latent, then its rotary key.
    public int valuesPerToken() {
        return latentDim + rotaryDim;
    }

    /// Rows of the projection from latents that belong to one head: its keys, then its values.
    int projectedDim() {
        return plainDim + valueDim;
    }
}
