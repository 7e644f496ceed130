package io.dipper.transformer.tree;

import java.util.Optional;

/// Multi-head latent attention: keys and values are projections of one latent a token, beside one
/// rotary key that all heads share. Only the latent and the rotary key are kept.
public record LatentAttention(
        int hidden,
        int heads,
        Optional<Norm> queryLatentNorm,
        Norm latentNorm,
        int plainDim,
        int rotaryDim,
        int valueDim,
        Positions.Rope rope,
        Scoring scoring,
        boolean biased)
        implements Mixer {

    public LatentAttention {
        IllFormedTree.positive("hidden size", hidden);
        IllFormedTree.positive("head count", heads);
        IllFormedTree.positive("unrotated head dimension", plainDim);
        IllFormedTree.positive("rotary head dimension", rotaryDim);
        IllFormedTree.positive("value head dimension", valueDim);
        IllFormedTree.width("query width", (long) heads * ((long) plainDim + rotaryDim));
        IllFormedTree.width("key-value width", (long) heads * ((long) plainDim + valueDim));
        IllFormedTree.width("latent width", (long) latentNorm.width() + rotaryDim);
        IllFormedTree.unless(
                rope.rotaryDim() == rotaryDim, "RoPE turns %d of %d dimensions", rope.rotaryDim(), rotaryDim);
    }

    public int latentDim() {
        return latentNorm.width();
    }

    public int queryDim() {
        return plainDim + rotaryDim;
    }
}
