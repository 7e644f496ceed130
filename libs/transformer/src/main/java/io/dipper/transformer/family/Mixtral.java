package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Router;
import io.dipper.transformer.tree.Span;
import java.util.Collections;
import java.util.OptionalInt;

/// Mixtral: Mistral's form with eight experts in place of the feed-forward part, two used.
final class Mixtral implements Family {
    @Override
    public String name() {
        return "mixtral";
    }

    @Override
    public Model read(Keys keys) {
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(131_072, 1e-5));
        OptionalInt window = keys.optionalPositive("sliding_window");
        Attention attention = decoder.attention(decoder.rope(1_000_000))
                .over(window.isPresent() ? Spans.window(window.getAsInt(), decoder.context()) : Span.FULL);
        int count = ExpertKeys.count(keys, "num_local_experts", "num_experts");
        Router router = Router.of(count, ExpertKeys.used(keys, count), Router.Score.SOFTMAX, Router.Weights.SUM_TO_ONE);
        Experts experts = new Experts(router, decoder.gated("intermediate_size"));
        ExpertKeys.harmless(keys);
        return decoder.model(
                Collections.nCopies(decoder.layers(), new Block(BlockNorms.pre(decoder.norm()), attention, experts)),
                CommonKeys.head(keys, false));
    }

    @Override
    public Renaming names() {
        return HubNames.blockSparse();
    }
}
