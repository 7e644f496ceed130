package io.dipper.transformer.family;

import static io.dipper.transformer.family.Rule.stackedRows;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Span;
import java.util.Collections;
import java.util.OptionalInt;

/// Phi-3 and Phi-4: Llama's form with the input projections stored as one.
final class Phi3 implements Family {
    @Override
    public String name() {
        return "phi3";
    }

    @Override
    public Model read(Keys keys) {
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(4096, 1e-5));
        OptionalInt window = keys.optionalPositive("sliding_window");
        Attention attention = decoder.attention(decoder.rope(10_000))
                .over(window.isPresent() ? Spans.window(window.getAsInt(), decoder.context()) : Span.FULL);
        Block block = new Block(BlockNorms.pre(decoder.norm()), attention, decoder.gated("intermediate_size"));
        keys.mustBe("attention_bias", false).harmless("original_max_position_embeddings", "embd_pdrop", "resid_pdrop");
        return decoder.model(Collections.nCopies(decoder.layers(), block), CommonKeys.head(keys, false));
    }

    @Override
    public Renaming names() {
        return HubNames.llama()
                .and(
                        stackedRows(
                                "model.layers.{layer}.self_attn.qkv_proj.weight",
                                "layers.{layer}.attn.q",
                                "layers.{layer}.attn.k",
                                "layers.{layer}.attn.v"),
                        stackedRows(
                                "model.layers.{layer}.mlp.gate_up_proj.weight",
                                "layers.{layer}.mlp.gate",
                                "layers.{layer}.mlp.up"));
    }
}
