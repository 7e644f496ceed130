package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Span;
import java.util.Collections;
import java.util.List;

/// Qwen2 and Qwen2.5: Llama's form with biases on query, key and value.
final class Qwen2 implements Family {
    @Override
    public String name() {
        return "qwen2";
    }

    @Override
    public Model read(Keys keys) {
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(32_768, 1e-6));
        Attention attention = decoder.attention(decoder.rope(10_000)).with(Biases.QUERY_KEY_VALUE);
        Gated gated = decoder.gated("intermediate_size");
        List<Span> spans = QwenSpans.byDepth(keys, decoder.layers(), decoder.context());
        keys.mustBe("use_mrope", false);
        return decoder.model(
                decoder.preNorm(spans.stream().map(attention::over).toList(), Collections.nCopies(spans.size(), gated)),
                CommonKeys.head(keys, false));
    }

    @Override
    public Renaming names() {
        return HubNames.llama();
    }
}
