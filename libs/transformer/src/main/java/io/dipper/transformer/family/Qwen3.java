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
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.Span;
import java.util.List;

/// Qwen3: grouped-query attention with an RMS norm on every query and key head, no projection biases.
final class Qwen3 implements Family {
    @Override
    public String name() {
        return "qwen3";
    }

    @Override
    public Model read(Keys keys) {
        int hidden = keys.positive("hidden_size");
        int heads = keys.positive("num_attention_heads");
        int headDim = keys.positiveOr("head_dim", 128);
        int context = keys.positiveOr("max_position_embeddings", 32_768);
        double epsilon = keys.epsilon("rms_norm_eps", 1e-6);
        Norm norm = new Norm.Rms(hidden, epsilon);
        var rope = RopeKeys.of(keys, context).forAllLayers(headDim, 10_000, Pairing.HALF_SPLIT);
        Attention attention = Attention.of(hidden, heads, CommonKeys.keyValueHeads(keys, heads), headDim, rope)
                .with(new QkNorm.PerHead(new Norm.Rms(headDim, epsilon)))
                .with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE);
        Gated gated = new Gated(
                hidden, keys.positive("intermediate_size"), CommonKeys.activation(keys, "hidden_act", "silu"));
        List<Span> spans = QwenSpans.of(keys, CommonKeys.layers(keys), context);
        return new Model(
                new Embedding(keys.positive("vocab_size"), hidden),
                spans.stream()
                        .map(span -> new Block(BlockNorms.pre(norm), attention.over(span), gated))
                        .toList(),
                norm,
                Head.of(CommonKeys.head(keys, false)),
                context);
    }

    @Override
    public Renaming names() {
        return HubNames.llama();
    }
}
