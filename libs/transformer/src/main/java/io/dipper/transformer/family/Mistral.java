package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Embedding;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions.Pairing;
import io.dipper.transformer.tree.Span;
import java.util.Collections;

/// Mistral 7B, whose layers all look at a window, and Mistral Small, whose layers all look at everything.
final class Mistral implements Family {
    /// What the reference assumes where a file says nothing; a file that wants no window says `null`.
    private static final int DEFAULT_WINDOW = 4096;

    @Override
    public String name() {
        return "mistral";
    }

    @Override
    public Model read(Keys keys) {
        int hidden = keys.positive("hidden_size");
        int heads = keys.positive("num_attention_heads");
        int headDim = CommonKeys.headDim(keys, hidden, heads);
        int context = keys.positiveOr("max_position_embeddings", 131_072);
        Norm norm = new Norm.Rms(hidden, keys.epsilon("rms_norm_eps", 1e-6));
        var rope = RopeKeys.of(keys, context).forAllLayers(headDim, 10_000, Pairing.HALF_SPLIT);
        Attention attention = Attention.of(hidden, heads, CommonKeys.keyValueHeads(keys, heads), headDim, rope)
                .over(span(keys, context));
        Gated gated = new Gated(
                hidden, keys.positive("intermediate_size"), CommonKeys.activation(keys, "hidden_act", "silu"));
        keys.mustBe("attention_bias", false);
        return new Model(
                new Embedding(keys.positive("vocab_size"), hidden),
                Collections.nCopies(CommonKeys.layers(keys), new Block(BlockNorms.pre(norm), attention, gated)),
                norm,
                Head.of(CommonKeys.head(keys, false)),
                context);
    }

    private static Span span(Keys keys, int context) {
        if (keys.statesNull("sliding_window")) {
            return Span.FULL;
        }
        return Spans.window(keys.positiveOr("sliding_window", DEFAULT_WINDOW), context);
    }

    @Override
    public Renaming names() {
        return HubNames.llama();
    }
}
