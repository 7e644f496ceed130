package io.dipper.transformer.family;

import io.dipper.transformer.tree.Activation;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Embedding;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import java.util.List;
import java.util.OptionalDouble;

/// What Gemma 2 and Gemma 3 share: norms before and after each branch, whose factor is one plus the
/// weight, and an embedding multiplied by the root of its width.
final class Gemma {
    private Gemma() {}

    static Norm norm(int width, double epsilon) {
        return new Norm.Rms(width, epsilon, Norm.Factor.ONE_PLUS_WEIGHT);
    }

    static Gated gated(Decoder decoder, Keys keys, int defaultWidth) {
        keys.harmless("hidden_act");
        Activation activation = CommonKeys.activation(keys, "hidden_activation", "gelu_pytorch_tanh");
        return new Gated(decoder.hidden(), keys.positiveOr("intermediate_size", defaultWidth), activation);
    }

    /// A cap that files may leave out, in which case the reference has one, or set to `null`, to
    /// have none.
    static OptionalDouble cap(Keys keys, String key, OptionalDouble otherwise) {
        return keys.states(key) || keys.statesNull(key) ? keys.optionalFactor(key) : otherwise;
    }

    /// The reference cannot build window layers whose window is `null`.
    static int window(Keys keys, int otherwise) {
        if (keys.statesNull("sliding_window")) {
            throw keys.refused("sliding_window", "window layers need a width");
        }
        return keys.positiveOr("sliding_window", otherwise);
    }

    static Model model(Decoder decoder, int vocabulary, List<? extends Mixer> mixers, Gated gated, Head head) {
        Norm norm = norm(decoder.hidden(), decoder.epsilon());
        List<Block> blocks = mixers.stream()
                .map(mixer -> new Block(BlockNorms.sandwich(norm), mixer, gated))
                .toList();
        return new Model(
                new Embedding(vocabulary, decoder.hidden()).times(Math.sqrt(decoder.hidden())),
                blocks,
                norm,
                head,
                decoder.context());
    }
}
