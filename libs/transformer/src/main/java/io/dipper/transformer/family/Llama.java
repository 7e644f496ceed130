package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Embedding;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions.Pairing;
import java.util.Collections;

/// Llama 2 and 3, and what is built like them (SmolLM2, TinyLlama): grouped-query attention, gated feed-forward part,
/// RMS norms before both branches.
final class Llama implements Family {
    @Override
    public String name() {
        return "llama";
    }

    @Override
    public Model read(Keys keys) {
        int hidden = keys.positive("hidden_size");
        int heads = keys.positive("num_attention_heads");
        int headDim = CommonKeys.headDim(keys, hidden, heads);
        int context = keys.positiveOr("max_position_embeddings", 2048);
        Norm norm = new Norm.Rms(hidden, keys.epsilon("rms_norm_eps", 1e-6));
        var rope = RopeKeys.of(keys, context).forAllLayers(headDim, 10_000, Pairing.HALF_SPLIT);
        Attention attention = Attention.of(hidden, heads, CommonKeys.keyValueHeads(keys, heads), headDim, rope)
                .with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE);
        Gated gated = new Gated(
                hidden, keys.positive("intermediate_size"), CommonKeys.activation(keys, "hidden_act", "silu"));
        Block block =
                new Block(BlockNorms.pre(norm), attention, keys.flagOr("mlp_bias", false) ? gated.withBias() : gated);
        keys.mustBe("rope_interleaved", false).harmless("pretraining_tp", "is_llama_config");
        return new Model(
                new Embedding(keys.positive("vocab_size"), hidden),
                Collections.nCopies(CommonKeys.layers(keys), block),
                norm,
                Head.of(CommonKeys.head(keys, false)),
                context);
    }

    @Override
    public Renaming names() {
        return HubNames.llama();
    }
}
