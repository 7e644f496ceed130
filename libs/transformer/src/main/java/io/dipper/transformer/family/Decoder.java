package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Embedding;
import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.Positions.Pairing;
import io.dipper.transformer.tree.Positions.Rope;
import java.util.ArrayList;
import java.util.List;

/// The measures that nearly every configuration states under the same keys, and the parts that
/// follow from them.
record Decoder(Keys keys, int hidden, int heads, int kvHeads, int headDim, int context, double epsilon) {

    /// What the reference assumes for the keys that a design's files may leave out.
    record Defaults(int context, double epsilon) {}

    static Decoder read(Keys keys, Defaults defaults) {
        int hidden = keys.positive("hidden_size");
        int heads = keys.positive("num_attention_heads");
        return new Decoder(
                keys,
                hidden,
                heads,
                CommonKeys.keyValueHeads(keys, heads),
                CommonKeys.headDim(keys, hidden, heads),
                keys.positiveOr("max_position_embeddings", defaults.context()),
                keys.epsilon("rms_norm_eps", defaults.epsilon()));
    }

    /// Of a design whose attention is measured by keys of its own.
    static Decoder latent(Keys keys, Defaults defaults) {
        return new Decoder(
                keys,
                keys.positive("hidden_size"),
                1,
                1,
                1,
                keys.positiveOr("max_position_embeddings", defaults.context()),
                keys.epsilon("rms_norm_eps", defaults.epsilon()));
    }

    Attention attention(Positions positions) {
        return Attention.of(hidden, heads, kvHeads, headDim, positions);
    }

    Rope rope(double defaultTheta) {
        return RopeKeys.of(keys, context).forAllLayers(headDim, defaultTheta, Pairing.HALF_SPLIT);
    }

    Norm norm() {
        return new Norm.Rms(hidden, epsilon);
    }

    Norm headNorm() {
        return new Norm.Rms(headDim, epsilon);
    }

    /// A gated feed-forward part of the width that `key` states.
    Gated gated(String key) {
        return new Gated(hidden, keys.positive(key), CommonKeys.activation(keys, "hidden_act", "silu"));
    }

    int layers() {
        return CommonKeys.layers(keys);
    }

    Embedding embedding() {
        return new Embedding(keys.positive("vocab_size"), hidden);
    }

    /// A norm before each branch; a mixer and a feed-forward part a layer.
    List<Block> preNorm(List<? extends Mixer> mixers, List<? extends FeedForward> parts) {
        List<Block> blocks = new ArrayList<>(mixers.size());
        for (int layer = 0; layer < mixers.size(); layer++) {
            blocks.add(new Block(BlockNorms.pre(norm()), mixers.get(layer), parts.get(layer)));
        }
        return blocks;
    }

    Model model(List<Block> blocks, Head.Matrix head) {
        return new Model(embedding(), blocks, norm(), Head.of(head), context);
    }
}
