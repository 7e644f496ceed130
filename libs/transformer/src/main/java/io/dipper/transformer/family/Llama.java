package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Model;
import java.util.Collections;

/// Llama 2 and 3, and what is built like them (SmolLM2, TinyLlama): grouped-query attention, gated
/// feed-forward part, RMS norms before both branches.
final class Llama implements Family {
    @Override
    public String name() {
        return "llama";
    }

    @Override
    public Model read(Keys keys) {
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(2048, 1e-6));
        Attention attention = decoder.attention(decoder.rope(10_000))
                .with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE);
        Gated gated = decoder.gated("intermediate_size");
        Block block = new Block(
                BlockNorms.pre(decoder.norm()), attention, keys.flagOr("mlp_bias", false) ? gated.withBias() : gated);
        keys.mustBe("rope_interleaved", false).harmless("pretraining_tp", "is_llama_config");
        return decoder.model(Collections.nCopies(decoder.layers(), block), CommonKeys.head(keys, false));
    }

    @Override
    public Renaming names() {
        return HubNames.llama();
    }
}
