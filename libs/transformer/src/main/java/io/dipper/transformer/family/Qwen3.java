package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.Span;
import java.util.Collections;
import java.util.List;

/// Qwen3: grouped-query attention with an RMS norm on every query and key head, no projection
/// biases.
final class Qwen3 implements Family {
    @Override
    public String name() {
        return "qwen3";
    }

    @Override
    public Model read(Keys keys) {
        keys.assume("head_dim", 128);
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(32_768, 1e-6));
        Attention attention = decoder.attention(decoder.rope(10_000))
                .with(new QkNorm.PerHead(decoder.headNorm()))
                .with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE);
        Gated gated = decoder.gated("intermediate_size");
        List<Span> spans = QwenSpans.byDepth(keys, decoder.layers(), decoder.context());
        return decoder.model(
                decoder.preNorm(spans.stream().map(attention::over).toList(), Collections.nCopies(spans.size(), gated)),
                CommonKeys.head(keys, false));
    }

    @Override
    public Renaming names() {
        return HubNames.llama();
    }
}
