package io.dipper.transformer.family;

import static io.dipper.transformer.family.Rule.same;

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
import io.dipper.transformer.tree.Positions.Rope;
import java.util.Collections;

/// StableLM and Stable LM 2: Llama's form with layer norms, turning a quarter of each head. The 12 B's
/// head norms, which have a weight for each head, and its branches side by side are refused.
final class StableLm implements Family {
    @Override
    public String name() {
        return "stablelm";
    }

    @Override
    public Model read(Keys keys) {
        int hidden = keys.positive("hidden_size");
        int heads = keys.positive("num_attention_heads");
        if (hidden % heads != 0) {
            throw keys.refused("num_attention_heads", "does not divide hidden_size " + hidden);
        }
        int headDim = hidden / heads;
        keys.assume("num_key_value_heads", 32);
        int context = keys.positiveOr("max_position_embeddings", 4096);
        Norm norm = new Norm.Layer(hidden, keys.epsilon("layer_norm_eps", 1e-5), true);
        Rope rope = RopeKeys.of(keys, context).forAllLayers(headDim, 10_000, 0.25, Pairing.HALF_SPLIT);
        Attention attention = Attention.of(hidden, heads, CommonKeys.keyValueHeads(keys, heads), headDim, rope)
                .with(keys.flagOr("use_qkv_bias", false) ? Biases.QUERY_KEY_VALUE : Biases.NONE);
        Gated gated = new Gated(
                hidden, keys.positive("intermediate_size"), CommonKeys.activation(keys, "hidden_act", "silu"));
        // The reference cuts heads evenly whatever this key says.
        keys.mustBe("head_dim", headDim)
                .mustBe("qk_layernorm", false)
                .mustBe("use_parallel_residual", false)
                .harmless("hidden_dropout");
        return new Model(
                new Embedding(keys.positive("vocab_size"), hidden),
                Collections.nCopies(CommonKeys.layers(keys), new Block(BlockNorms.pre(norm), attention, gated)),
                norm,
                Head.of(CommonKeys.head(keys, false)),
                context);
    }

    @Override
    public Renaming names() {
        return HubNames.llama()
                .and(
                        same("layers.{layer}.before_mixer.bias", "model.layers.{layer}.input_layernorm.bias"),
                        same("layers.{layer}.before_mlp.bias", "model.layers.{layer}.post_attention_layernorm.bias"),
                        same("norm.bias", "model.norm.bias"));
    }
}
