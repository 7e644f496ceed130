package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Span;
import java.util.Collections;

/// Mistral 7B, whose layers all look at a window, and Mistral Small, whose layers all look at
/// everything.
final class Mistral implements Family {
    /// What the reference assumes where a file says nothing; a file that wants no window says
    /// `null`.
    private static final int DEFAULT_WINDOW = 4096;

    @Override
    public String name() {
        return "mistral";
    }

    @Override
    public Model read(Keys keys) {
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(131_072, 1e-6));
        Attention attention = decoder.attention(decoder.rope(10_000)).over(span(keys, decoder.context()));
        Block block = new Block(BlockNorms.pre(decoder.norm()), attention, decoder.gated("intermediate_size"));
        keys.mustBe("attention_bias", false);
        return decoder.model(Collections.nCopies(decoder.layers(), block), CommonKeys.head(keys, false));
    }

    private static Span span(Keys keys, int context) {
        return keys.statesNull("sliding_window")
                ? Span.FULL
                : Spans.window(keys.positiveOr("sliding_window", DEFAULT_WINDOW), context);
    }

    @Override
    public Renaming names() {
        return HubNames.llama();
    }
}
