package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.Span;
import java.util.ArrayList;
import java.util.List;

/// SmolLM3: Llama's form, but every fourth layer knows no positions.
final class SmolLm3 implements Family {
    @Override
    public String name() {
        return "smollm3";
    }

    @Override
    public Model read(Keys keys) {
        keys.assume("num_key_value_heads", 4);
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(32_768, 1e-6));
        int layers = decoder.layers();
        Attention attention = decoder.attention(decoder.rope(2_000_000))
                .with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE);
        Gated plain = decoder.gated("intermediate_size");
        Gated gated = keys.flagOr("mlp_bias", false) ? plain.withBias() : plain;
        List<Boolean> rotates = rotates(keys, layers);
        List<Span> spans = spans(keys, rotates, decoder.context());
        List<Block> blocks = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            Attention mixer = attention.over(spans.get(layer));
            blocks.add(new Block(
                    BlockNorms.pre(decoder.norm()), rotates.get(layer) ? mixer : mixer.at(Positions.NONE), gated));
        }
        keys.harmless("pretraining_tp", "max_window_layers");
        return decoder.model(blocks, CommonKeys.head(keys, true));
    }

    /// A flag a layer, 1 where there is a rotation, in spite of the key's name.
    static List<Boolean> rotates(Keys keys, int layers) {
        int interval = keys.positiveOr("no_rope_layer_interval", 4);
        List<Boolean> everyNth = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            everyNth.add((layer + 1) % interval != 0);
        }
        List<Integer> flags = keys.wholes("no_rope_layers").orElse(List.of());
        if (flags.isEmpty()) {
            return everyNth;
        }
        if (flags.stream().anyMatch(flag -> flag != 0 && flag != 1)) {
            throw keys.refused("no_rope_layers", "a flag, 0 or 1, for each layer");
        }
        return CommonKeys.perLayer(keys, "no_rope_layers", flags, layers).stream()
                .map(flag -> flag == 1)
                .toList();
    }

    /// Windows, where they are switched on, are for the layers without rotation unless
    /// `layer_types` says otherwise.
    private static List<Span> spans(Keys keys, List<Boolean> rotates, int context) {
        boolean windowed = keys.flagOr("use_sliding_window", false) && keys.states("sliding_window");
        Span window = windowed ? Spans.window(keys.positive("sliding_window"), context) : Span.FULL;
        keys.harmless("sliding_window");
        List<String> otherwise = rotates.stream()
                .map(rotation -> windowed && !rotation ? Spans.SLIDING : Spans.FULL)
                .toList();
        return Spans.kinds(keys, rotates.size(), List.of(Spans.FULL, Spans.SLIDING), otherwise).stream()
                .map(kind -> kind.equals(Spans.SLIDING) ? window : Span.FULL)
                .toList();
    }

    @Override
    public Renaming names() {
        return HubNames.llama();
    }
}
