package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Scoring;
import io.dipper.transformer.tree.Span;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// Gemma 2: every other layer looks at a window; scores and logits are capped.
final class Gemma2 implements Family {
    @Override
    public String name() {
        return "gemma2";
    }

    @Override
    public Model read(Keys keys) {
        assumeDefaults(keys);
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(8192, 1e-6));
        double scale =
                1 / Math.sqrt(keys.optionalFactor("query_pre_attn_scalar").orElse(256));
        Attention attention = decoder.attention(decoder.rope(10_000))
                .with(Scoring.scaled(scale).capped(Gemma.cap(keys, "attn_logit_softcapping", OptionalDouble.of(50))))
                .with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE);
        int layers = decoder.layers();
        int window = Gemma.window(keys, 4096);
        if (keys.positiveOr("sliding_window_size", window) != window) {
            throw keys.refused("sliding_window_size", "sliding_window says " + window);
        }
        List<String> kinds = Spans.kinds(
                keys, layers, List.of(Spans.FULL, Spans.SLIDING), Spans.everyNth(layers, 2, Spans.FULL, Spans.SLIDING));
        List<Attention> mixers = Spans.of(
                        kinds, Map.of(Spans.FULL, Span.FULL, Spans.SLIDING, Spans.window(window, decoder.context())))
                .stream()
                .map(attention::over)
                .toList();
        Head head = Head.of(CommonKeys.head(keys, true))
                .capped(Gemma.cap(keys, "final_logit_softcapping", OptionalDouble.of(30)));
        return Gemma.model(
                decoder, keys.positiveOr("vocab_size", 256_000), mixers, Gemma.gated(decoder, keys, 9216), head);
    }

    private static void assumeDefaults(Keys keys) {
        keys.assume("hidden_size", 2304);
        keys.assume("num_attention_heads", 8);
        keys.assume("num_key_value_heads", 4);
        keys.assume("num_hidden_layers", 26);
        keys.assume("head_dim", 256);
    }

    @Override
    public Renaming names() {
        return HubNames.sandwich();
    }
}
