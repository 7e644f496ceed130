package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.QkNorm;
import java.util.Collections;

/// OLMo 2: norms on the branches' outputs instead of their inputs, and on the query and key
/// projections as wholes.
final class Olmo2 implements Family {
    @Override
    public String name() {
        return "olmo2";
    }

    @Override
    public Model read(Keys keys) {
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(2048, 1e-5));
        Block block = new Block(
                BlockNorms.post(decoder.norm()),
                attention(decoder, keys).at(decoder.rope(10_000)),
                decoder.gated("intermediate_size"));
        return decoder.model(Collections.nCopies(decoder.layers(), block), CommonKeys.head(keys, false));
    }

    /// Without positions, which OLMo 3 gives by kind of layer.
    static Attention attention(Decoder decoder, Keys keys) {
        Attention plain = decoder.attention(Positions.NONE);
        return plain.with(new QkNorm.WholeProjection(
                        new Norm.Rms(plain.queryWidth(), decoder.epsilon()),
                        new Norm.Rms(plain.keyValueWidth(), decoder.epsilon())))
                .with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE);
    }

    @Override
    public Renaming names() {
        return HubNames.postNorm();
    }
}
