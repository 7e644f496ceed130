package io.dipper.transformer.family;

import io.dipper.transformer.tree.Activation;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Embedding;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.Scoring;
import io.dipper.transformer.tree.SharedAttention;
import io.dipper.transformer.tree.Streams;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/// Gemma 3n: four residual streams (AltUp), a low-rank branch beside each mixer (LAuReL), a second
/// embedding a layer, sparse early feed-forward parts, and late layers that read the keys and
/// values of earlier ones.
final class Gemma3n implements Family {
    @Override
    public String name() {
        return "gemma3n";
    }

    @Override
    public Model read(Keys keys) {
        assumeDefaults(keys);
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(32_768, 1e-6));
        int layers = decoder.layers();
        List<Mixer> mixers = mixers(keys, decoder, layers);
        List<Gated> parts = feedForwards(keys, decoder, layers);
        List<Block> blocks = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            blocks.add(new Block(BlockNorms.sandwich(decoder.norm()), mixers.get(layer), parts.get(layer)));
        }
        Head head = Head.of(CommonKeys.head(keys, true))
                .capped(Gemma.cap(keys, "final_logit_softcapping", OptionalDouble.of(30)));
        return new Model(
                new Embedding(keys.positiveOr("vocab_size", 262_400), decoder.hidden())
                        .times(Math.sqrt(decoder.hidden())),
                blocks,
                decoder.norm(),
                head,
                decoder.context(),
                Optional.of(streams(keys, decoder)));
    }

    private static void assumeDefaults(Keys keys) {
        keys.assume("hidden_size", 2048);
        keys.assume("num_attention_heads", 8);
        keys.assume("num_key_value_heads", 2);
        keys.assume("num_hidden_layers", 35);
        keys.assume("head_dim", 256);
    }

    private static List<Mixer> mixers(Keys keys, Decoder decoder, int layers) {
        Norm head = decoder.headNorm();
        Norm value = new Norm.Rms(decoder.headDim(), decoder.epsilon(), Norm.Factor.NONE);
        // The query norm's weight takes the place of a scale.
        Attention full = decoder.attention(Gemma3.full(keys, decoder))
                .with(new QkNorm.PerHead(head, head, Optional.of(value)))
                .with(Scoring.scaled(1))
                .with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE);
        Attention sliding =
                full.at(Gemma3.local(keys, decoder)).over(Spans.window(Gemma.window(keys, 512), decoder.context()));
        List<String> kinds = kinds(keys, layers);
        keys.harmless("query_pre_attn_scalar");
        Map<String, Attention> byKind = Map.of(Spans.FULL, full, Spans.SLIDING, sliding);
        int shared = keys.notNegativeOr("num_kv_shared_layers", 15);
        int own = Math.max(0, layers - shared);
        List<Mixer> mixers = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            Attention attention = byKind.get(kinds.get(layer));
            if (layer < own) {
                mixers.add(attention);
                continue;
            }
            int source = kinds.subList(0, own).lastIndexOf(kinds.get(layer));
            if (source < 0) {
                throw keys.refused("num_kv_shared_layers", "leaves layer " + layer + " no layer of its kind to read");
            }
            mixers.add(new SharedAttention(attention, source));
        }
        return mixers;
    }

    /// What each layer looks at, in the configuration's words.
    static List<String> kinds(Keys keys, int layers) {
        return Spans.kinds(
                keys, layers, List.of(Spans.FULL, Spans.SLIDING), Spans.everyNth(layers, 5, Spans.FULL, Spans.SLIDING));
    }

    private static List<Gated> feedForwards(Keys keys, Decoder decoder, int layers) {
        List<Integer> widths = keys.isList("intermediate_size")
                ? CommonKeys.perLayer(
                        keys,
                        "intermediate_size",
                        keys.wholes("intermediate_size").orElseThrow(),
                        layers)
                : Collections.nCopies(layers, keys.positiveOr("intermediate_size", 16_384));
        if (widths.stream().anyMatch(width -> width < 1)) {
            throw keys.refused("intermediate_size", "a width below one");
        }
        List<Double> sparsity = sparsity(keys, layers);
        Activation activation = activation(keys);
        List<Gated> parts = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            Gated gated = new Gated(decoder.hidden(), widths.get(layer), activation);
            parts.add(sparsity.get(layer) > 0 ? gated.sparse(sparsity.get(layer)) : gated);
        }
        return parts;
    }

    private static Activation activation(Keys keys) {
        return CommonKeys.activation(keys, "hidden_activation", "gelu_pytorch_tanh");
    }

    private static List<Double> sparsity(Keys keys, int layers) {
        List<Double> stated = keys.decimals("activation_sparsity_pattern").orElseGet(() -> {
            List<Double> pattern = new ArrayList<>(Collections.nCopies(layers > 10 ? 10 : 0, 0.95));
            pattern.addAll(Collections.nCopies(layers - pattern.size(), 0.0));
            return pattern;
        });
        if (stated.stream().anyMatch(value -> !(value >= 0 && value < 1))) {
            throw keys.refused("activation_sparsity_pattern", "a share outside [0, 1)");
        }
        return CommonKeys.perLayer(keys, "activation_sparsity_pattern", stated, layers);
    }

    private static Streams streams(Keys keys, Decoder decoder) {
        int inputs = keys.positiveOr("altup_num_inputs", 4);
        int active = keys.notNegativeOr("altup_active_idx", 0);
        if (inputs < 2) {
            throw keys.refused("altup_num_inputs", "only several streams are built");
        }
        if (active >= inputs) {
            throw keys.refused("altup_active_idx", "none of the streams 0 to " + (inputs - 1));
        }
        OptionalDouble clip = Gemma.cap(keys, "altup_coef_clip", OptionalDouble.of(120));
        keys.harmless("altup_lr_multiplier");
        int width = keys.positiveOr("hidden_size_per_layer_input", 256);
        return new Streams(
                new Streams.AltUp(inputs, active, clip, keys.flagOr("altup_correct_scale", true), decoder.norm()),
                new Streams.Laurel(keys.positiveOr("laurel_rank", 64), decoder.norm()),
                new Streams.PerLayerEmbedding(
                        keys.positiveOr("vocab_size_per_layer_input", 262_144),
                        width,
                        new Norm.Rms(width, decoder.epsilon()),
                        activation(keys),
                        decoder.norm()));
    }

    @Override
    public Renaming names() {
        return Gemma3nNames.table();
    }
}
