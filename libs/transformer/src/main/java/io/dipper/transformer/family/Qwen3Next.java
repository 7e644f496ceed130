package io.dipper.transformer.family;

import static io.dipper.transformer.family.Rule.convolution;
import static io.dipper.transformer.family.Rule.same;

import io.dipper.transformer.fold.FileFacts;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Attention.Gate;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Embedding;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions.Pairing;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Qwen3-Next: three recurrent layers, then one of attention whose output is gated; many small
/// experts beside a shared one that has a switch of its own.
final class Qwen3Next implements Family {
    @Override
    public String name() {
        return "qwen3-next";
    }

    @Override
    public Model read(Keys keys) {
        // The recurrent layers' convolution goes through the same activation, and only this one is built.
        keys.mustBe("hidden_act", "silu");
        keys.assume("head_dim", 256);
        keys.assume("num_key_value_heads", 2);
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(32_768, 1e-6));
        int layers = decoder.layers();
        int interval = keys.positiveOr("full_attention_interval", 4);
        List<String> kinds = Spans.kinds(
                keys,
                layers,
                List.of(Spans.FULL, Spans.LINEAR),
                Spans.everyNth(layers, interval, Spans.FULL, Spans.LINEAR));
        Map<String, Mixer> mixers = Map.of(Spans.FULL, attention(keys, decoder), Spans.LINEAR, delta(keys, decoder));
        List<FeedForward> parts = ExpertKeys.choose(
                layers, ExpertKeys.bySparseStep(keys), experts(keys, decoder), decoder.gated("intermediate_size"));
        Norm norm = Gemma.norm(decoder.hidden(), decoder.epsilon());
        List<Block> blocks = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            blocks.add(new Block(BlockNorms.pre(norm), mixers.get(kinds.get(layer)), parts.get(layer)));
        }
        keys.mustBe("use_sliding_window", false).harmless("sliding_window", "max_window_layers");
        ExpertKeys.harmless(keys);
        return new Model(
                new Embedding(keys.positive("vocab_size"), decoder.hidden()),
                blocks,
                norm,
                Head.of(CommonKeys.head(keys, false)),
                decoder.context());
    }

    /// A quarter of each head turns, unless the file says otherwise.
    private static Attention attention(Keys keys, Decoder decoder) {
        var rope =
                RopeKeys.of(keys, decoder.context()).forAllLayers(decoder.headDim(), 10_000, 0.25, Pairing.HALF_SPLIT);
        return decoder.attention(rope)
                .with(new QkNorm.PerHead(Gemma.norm(decoder.headDim(), decoder.epsilon())))
                .with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE)
                .with(Gate.SIGMOID_BESIDE_QUERY);
    }

    private static GatedDelta delta(Keys keys, Decoder decoder) {
        int keyHeads = keys.positiveOr("linear_num_key_heads", 16);
        int valueHeads = keys.positiveOr("linear_num_value_heads", 32);
        if (valueHeads % keyHeads != 0) {
            throw keys.refused("linear_num_value_heads", "cannot share " + keyHeads + " key heads evenly");
        }
        int kernel = keys.positiveOr("linear_conv_kernel_dim", 4);
        if (kernel == 1) {
            throw keys.refused("linear_conv_kernel_dim", "a convolution of one column is none");
        }
        int valueDim = keys.positiveOr("linear_value_head_dim", 128);
        return new GatedDelta(
                decoder.hidden(),
                keyHeads,
                valueHeads,
                keys.positiveOr("linear_key_head_dim", 128),
                valueDim,
                kernel,
                new Norm.Rms(valueDim, decoder.epsilon()));
    }

    private static Experts experts(Keys keys, Decoder decoder) {
        int count = ExpertKeys.count(keys, "num_experts", "num_local_experts");
        Router router =
                Router.of(count, ExpertKeys.used(keys, count), Router.Score.SOFTMAX, ExpertKeys.weights(keys, true));
        return new Experts(
                router,
                decoder.gated("moe_intermediate_size"),
                Optional.of(new Experts.Shared(
                        decoder.gated("shared_expert_intermediate_size"), Experts.Switch.SIGMOID, 1)));
    }

    /// The files carry one that no key announces, without copies of embedding and head.
    @Override
    public int predictionLayers(Keys keys) {
        return 1;
    }

    @Override
    public FileFacts files(Keys keys, Model model) {
        return FileFacts.NONE.withPredictionLayers(PredictionLayers.elements(model, predictionLayers(keys), false));
    }

    @Override
    public Renaming names() {
        String layer = "model.layers.{layer}.";
        String linear = layer + "linear_attn.";
        String delta = "layers.{layer}.delta.";
        String shared = "layers.{layer}.mlp.shared.";
        return HubNames.experts()
                .and(
                        same(delta + "in_qkvz", linear + "in_proj_qkvz.weight"),
                        same(delta + "in_ba", linear + "in_proj_ba.weight"),
                        convolution(delta + "conv", linear + "conv1d.weight"),
                        same(delta + "dt_bias", linear + "dt_bias"),
                        same(delta + "a_log", linear + "A_log"),
                        same(delta + "norm", linear + "norm.weight"),
                        same(delta + "out", linear + "out_proj.weight"),
                        same(shared + "gate", layer + "mlp.shared_expert.gate_proj.weight"),
                        same(shared + "up", layer + "mlp.shared_expert.up_proj.weight"),
                        same(shared + "down", layer + "mlp.shared_expert.down_proj.weight"),
                        same(shared + "switch", layer + "mlp.shared_expert_gate.weight"))
                .leavingOut("mtp.*", "multi-token prediction");
    }
}
