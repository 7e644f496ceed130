package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.Router;
import io.dipper.transformer.tree.Span;
import java.util.List;

/// Qwen3 with routed experts: softmax over all of them, the best few used.
final class Qwen3Moe implements Family {
    @Override
    public String name() {
        return "qwen3-moe";
    }

    @Override
    public Model read(Keys keys) {
        keys.assume("num_key_value_heads", 4);
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(32_768, 1e-6));
        Attention attention = decoder.attention(decoder.rope(10_000))
                .with(new QkNorm.PerHead(decoder.headNorm()))
                .with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE);
        int layers = decoder.layers();
        int count = ExpertKeys.count(keys, "num_experts", "num_local_experts");
        Router router =
                Router.of(count, ExpertKeys.used(keys, count), Router.Score.SOFTMAX, ExpertKeys.weights(keys, false));
        List<FeedForward> parts = ExpertKeys.choose(
                layers,
                ExpertKeys.bySparseStep(keys),
                new Experts(router, decoder.gated("moe_intermediate_size")),
                decoder.gated("intermediate_size"));
        List<Span> spans = QwenSpans.everywhere(keys, layers, decoder.context());
        List<Attention> mixers = spans.stream().map(attention::over).toList();
        ExpertKeys.harmless(keys);
        return decoder.model(decoder.preNorm(mixers, parts), CommonKeys.head(keys, false));
    }

    @Override
    public Renaming names() {
        return HubNames.experts();
    }
}
