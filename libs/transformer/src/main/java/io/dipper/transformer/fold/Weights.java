package io.dipper.transformer.fold;

import io.dipper.transformer.fold.Weight.Use;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Dense;
import io.dipper.transformer.tree.Embedding;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.Router;
import io.dipper.transformer.tree.Scoring;
import io.dipper.transformer.tree.SharedAttention;
import io.dipper.transformer.tree.Streams;
import java.util.ArrayList;
import java.util.List;

/// Every parameter tensor of a model under the tree's own path, `layers.3.attn.q`, in the order in
/// which they are used.
public final class Weights {
    private final List<Weight> weights = new ArrayList<>();

    private Weights() {}

    public static List<Weight> of(Model model) {
        Weights all = new Weights();
        all.embedding(model.embedding());
        model.streams().ifPresent(streams -> all.streams(streams, model));
        for (int layer = 0; layer < model.blocks().size(); layer++) {
            all.block("layers." + layer + ".", model.blocks().get(layer));
            String path = "layers." + layer + ".";
            model.streams().ifPresent(streams -> all.blockStreams(path, streams, model.hidden()));
        }
        all.norm("norm", model.finalNorm());
        all.head(model);
        return List.copyOf(all.weights);
    }

    private void embedding(Embedding embedding) {
        add("embedding", Use.EMBEDDING, embedding.vocabulary(), embedding.width());
        embedding
                .learnedPositions()
                .ifPresent(count -> add("position_embedding", Use.POSITIONS, count, embedding.width()));
    }

    private void head(Model model) {
        Head.Matrix matrix = model.head().matrix();
        switch (matrix) {
            case TIED -> {}
            case OWN, OWN_WITH_BIAS -> {
                add("head", Use.HEAD, model.vocabulary(), model.hidden());
                if (matrix == Head.Matrix.OWN_WITH_BIAS) {
                    add("head.bias", Use.HEAD, model.vocabulary());
                }
            }
        }
    }

    private void block(String path, Block block) {
        for (BlockNorms.Named named : block.norms().named()) {
            norm(path + named.name(), named.norm());
        }
        mixer(path, block.mixer());
        feedForward(path + "mlp.", block.feedForward());
    }

    private void mixer(String path, Mixer mixer) {
        switch (mixer) {
            case Attention attention -> attention(path + "attn.", attention, Use.BODY);
            case SharedAttention shared -> attention(path + "attn.", shared.attention(), Use.IDLE);
            case LatentAttention latent -> latent(path + "attn.", latent);
            case GatedDelta delta -> delta(path + "delta.", delta);
        }
    }

    private void attention(String path, Attention attention, Use ofKeysAndValues) {
        int hidden = attention.hidden();
        boolean biased = attention.biases().onInputs();
        int queryRows = switch (attention.gate()) {
            case NONE -> attention.queryWidth();
            case SIGMOID_BESIDE_QUERY -> 2 * attention.queryWidth();
        };
        linear(path + "q", queryRows, hidden, biased);
        matrix(path + "k", ofKeysAndValues, attention.keyValueWidth(), hidden, biased);
        matrix(path + "v", ofKeysAndValues, attention.keyValueWidth(), hidden, biased);
        switch (attention.qkNorm()) {
            case QkNorm.None _ -> {}
            case QkNorm.PerHead(Norm query, Norm key, var value) -> {
                norm(path + "q_norm", query);
                norm(path + "k_norm", ofKeysAndValues, key);
                value.ifPresent(norm -> norm(path + "v_norm", ofKeysAndValues, norm));
            }
            case QkNorm.WholeProjection(Norm query, Norm key) -> {
                norm(path + "q_norm", query);
                norm(path + "k_norm", ofKeysAndValues, key);
            }
        }
        if (attention.scoring().sinks() == Scoring.Sinks.LEARNED_PER_HEAD) {
            add(path + "sinks", Use.BODY, attention.heads());
        }
        linear(path + "o", hidden, attention.queryWidth(), attention.biases().onOutput());
    }

    private void latent(String path, LatentAttention latent) {
        int hidden = latent.hidden();
        int queryRows = latent.heads() * latent.queryDim();
        if (latent.queryLatentNorm().isPresent()) {
            Norm norm = latent.queryLatentNorm().get();
            linear(path + "q_down", norm.width(), hidden, latent.biased());
            norm(path + "q_latent_norm", norm);
            linear(path + "q_up", queryRows, norm.width(), false);
        } else {
            linear(path + "q", queryRows, hidden, false);
        }
        linear(path + "kv_down", latent.latentDim() + latent.rotaryDim(), hidden, latent.biased());
        norm(path + "kv_latent_norm", latent.latentNorm());
        int keyValueRows = latent.heads() * (latent.plainDim() + latent.valueDim());
        linear(path + "kv_up", keyValueRows, latent.latentDim(), false);
        linear(path + "o", hidden, latent.heads() * latent.valueDim(), latent.biased());
    }

    private void delta(String path, GatedDelta delta) {
        int hidden = delta.hidden();
        linear(path + "in_qkvz", 2 * delta.keyWidth() + 2 * delta.valueWidth(), hidden, false);
        linear(path + "in_ba", 2 * delta.valueHeads(), hidden, false);
        add(path + "conv", Use.BODY, delta.convolutionWidth(), delta.kernel());
        add(path + "dt_bias", Use.BODY, delta.valueHeads());
        add(path + "a_log", Use.BODY, delta.valueHeads());
        norm(path + "norm", delta.outputNorm());
        linear(path + "out", hidden, delta.valueWidth(), false);
    }

    private void feedForward(String path, FeedForward feedForward) {
        switch (feedForward) {
            case Dense dense -> {
                linear(path + "up", dense.intermediate(), dense.hidden(), dense.biased());
                linear(path + "down", dense.hidden(), dense.intermediate(), dense.biased());
            }
            case Gated gated -> gated(path, gated, Use.BODY);
            case Experts experts -> experts(path, experts);
        }
    }

    private void gated(String path, Gated gated, Use use) {
        matrix(path + "gate", use, gated.intermediate(), gated.hidden(), gated.biased());
        matrix(path + "up", use, gated.intermediate(), gated.hidden(), gated.biased());
        matrix(path + "down", use, gated.hidden(), gated.intermediate(), gated.biased());
    }

    private void experts(String path, Experts experts) {
        Router router = experts.router();
        matrix(path + "router", Use.ROUTER, router.experts(), experts.hidden(), router.biased());
        if (router.correction() == Router.Correction.STORED_PER_EXPERT) {
            add(path + "router.correction", Use.ROUTER_CORRECTION, router.experts());
        }
        for (int expert = 0; expert < router.experts(); expert++) {
            gated(path + "experts." + expert + ".", experts.expert(), Use.EXPERT);
        }
        experts.shared().ifPresent(shared -> {
            gated(path + "shared.", shared.expert(), Use.BODY);
            if (shared.gate() == Experts.Switch.SIGMOID) {
                add(path + "shared.switch", Use.BODY, 1, experts.hidden());
            }
        });
    }

    private void streams(Streams streams, Model model) {
        int hidden = model.hidden();
        int layers = model.blocks().size();
        Streams.PerLayerEmbedding perLayer = streams.perLayer();
        add("per_layer.embedding", Use.PER_LAYER_EMBEDDING, perLayer.vocabulary(), layers * perLayer.width());
        linear("per_layer.projection", layers * perLayer.width(), hidden, false);
        norm("per_layer.norm", perLayer.norm());
        for (int stream = 1; stream < streams.altUp().inputs(); stream++) {
            linear("altup.project." + (stream - 1), hidden, hidden, false);
            linear("altup.unproject." + (stream - 1), hidden, hidden, false);
        }
    }

    private void blockStreams(String path, Streams streams, int hidden) {
        Streams.AltUp altUp = streams.altUp();
        int inputs = altUp.inputs();
        norm(path + "altup.router_norm", altUp.routerNorm());
        linear(path + "altup.router", inputs, hidden, false);
        linear(path + "altup.predict", inputs * inputs, inputs, false);
        linear(path + "altup.correct", inputs, inputs, false);
        // Stored whether or not it is used.
        add(path + "altup.output_scale", altUp.scalesCorrection() ? Use.BODY : Use.IDLE, hidden);
        linear(path + "laurel.left", streams.laurel().rank(), hidden, false);
        linear(path + "laurel.right", hidden, streams.laurel().rank(), false);
        norm(path + "laurel.norm", streams.laurel().norm());
        linear(path + "per_layer.gate", streams.perLayer().width(), hidden, false);
        linear(path + "per_layer.out", hidden, streams.perLayer().width(), false);
        norm(path + "per_layer.out_norm", streams.perLayer().outputNorm());
    }

    private void norm(String path, Norm norm) {
        norm(path, Use.BODY, norm);
    }

    private void norm(String path, Use use, Norm norm) {
        switch (norm) {
            case Norm.Rms rms -> {
                switch (rms.factor()) {
                    case WEIGHT, ONE_PLUS_WEIGHT -> add(path, use, rms.width());
                    case NONE -> {}
                }
            }
            case Norm.Layer layer -> {
                add(path, use, layer.width());
                if (layer.biased()) {
                    add(path + ".bias", use, layer.width());
                }
            }
        }
    }

    private void linear(String path, int outputs, int inputs, boolean biased) {
        matrix(path, Use.BODY, outputs, inputs, biased);
    }

    private void matrix(String path, Use use, int outputs, int inputs, boolean biased) {
        add(path, use, outputs, inputs);
        if (biased) {
            add(path + ".bias", use, outputs);
        }
    }

    private void add(String path, Use use, Integer... shape) {
        weights.add(new Weight(path, List.of(shape), use));
    }
}
