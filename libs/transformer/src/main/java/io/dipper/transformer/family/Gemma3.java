package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Positions.Pairing;
import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.Scoring;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// Gemma 3: five of six layers look at a window and turn at a rate of their own; norms on query and
/// key heads. The text parts of the larger models leave out whatever equals the reference's
/// default.
final class Gemma3 implements Family {
    private static final double THETA = 1_000_000;
    private static final double LOCAL_THETA = 10_000;

    @Override
    public String name() {
        return "gemma3";
    }

    @Override
    public Model read(Keys keys) {
        assumeDefaults(keys);
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(131_072, 1e-6));
        double scale =
                1 / Math.sqrt(keys.optionalFactor("query_pre_attn_scalar").orElse(256));
        Attention attention = decoder.attention(full(keys, decoder))
                .with(new QkNorm.PerHead(Gemma.norm(decoder.headDim(), decoder.epsilon())))
                .with(Scoring.scaled(scale))
                .with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE);
        // Gemma 2's cap: the reference reads it here and leaves scores as they are.
        keys.harmless("attn_logit_softcapping");
        Attention local =
                attention.at(local(keys, decoder)).over(Spans.window(Gemma.window(keys, 4096), decoder.context()));
        int layers = decoder.layers();
        int pattern = pattern(keys);
        List<String> kinds = Spans.kinds(
                keys,
                layers,
                List.of(Spans.FULL, Spans.SLIDING),
                Spans.everyNth(layers, pattern, Spans.FULL, Spans.SLIDING));
        List<Attention> mixers = kinds.stream()
                .map(Map.of(Spans.FULL, attention, Spans.SLIDING, local)::get)
                .toList();
        Head head = Head.of(CommonKeys.head(keys, true))
                .capped(Gemma.cap(keys, "final_logit_softcapping", OptionalDouble.empty()));
        return Gemma.model(
                decoder, keys.positiveOr("vocab_size", 262_208), mixers, Gemma.gated(decoder, keys, 9216), head);
    }

    /// The underlined key only echoes what the other one said when the file was written: the
    /// reference does not read it back.
    private static int pattern(Keys keys) {
        int pattern = keys.positiveOr("sliding_window_pattern", 6);
        if (keys.positiveOr("_sliding_window_pattern", pattern) != pattern && !keys.states("layer_types")) {
            throw keys.refused("_sliding_window_pattern", "neither layer_types nor sliding_window_pattern says so");
        }
        return pattern;
    }

    private static void assumeDefaults(Keys keys) {
        keys.assume("hidden_size", 2304);
        keys.assume("num_attention_heads", 8);
        keys.assume("num_key_value_heads", 4);
        keys.assume("num_hidden_layers", 26);
        keys.assume("head_dim", 256);
    }

    static Rope full(Keys keys, Decoder decoder) {
        RopeKeys ropes = RopeKeys.of(keys, decoder.context());
        if (ropes.statedForAllKinds()) {
            throw keys.refused("rope_parameters", "states no kind of layer, full_attention or sliding_attention");
        }
        double theta = keys.optionalFactor("rope_theta").orElse(THETA);
        return ropes.forKind(Spans.FULL, decoder.headDim(), theta, Pairing.HALF_SPLIT)
                .orElseGet(() -> ropes.forAllLayers(decoder.headDim(), THETA, Pairing.HALF_SPLIT));
    }

    static Rope local(Keys keys, Decoder decoder) {
        double theta = keys.optionalFactor("rope_local_base_freq").orElse(LOCAL_THETA);
        return RopeKeys.of(keys, decoder.context())
                .forKind(Spans.SLIDING, decoder.headDim(), theta, Pairing.HALF_SPLIT)
                .orElseGet(() -> new Rope(theta, decoder.headDim()));
    }

    @Override
    public Renaming names() {
        return HubNames.sandwich();
    }
}
