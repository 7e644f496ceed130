package io.dipper.transformer.family;

import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Router;
import io.dipper.transformer.tree.Router.Correction;
import io.dipper.transformer.tree.Router.Groups;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/// Mixtures of experts as several families state them.
final class ExpertKeys {
    private ExpertKeys() {}

    /// What only training or logging reads.
    static void harmless(Keys keys) {
        keys.harmless("output_router_logits", "router_aux_loss_coef", "router_jitter_noise")
                .harmless("aux_loss_alpha", "seq_aux", "ep_size", "num_nextn_predict_layers", "num_mtp_layers");
    }

    /// Layers for multi-token prediction behind the model's own.
    static int predictionLayers(Keys keys) {
        int count = keys.notNegativeOr("num_nextn_predict_layers", 0);
        if (count > CommonKeys.MOST_LAYERS) {
            throw keys.refused("num_nextn_predict_layers", "at most " + CommonKeys.MOST_LAYERS);
        }
        return count;
    }

    /// The number of experts, under any of the names that a design's files use; they must agree.
    static int count(Keys keys, String... names) {
        OptionalInt count = OptionalInt.empty();
        for (String name : names) {
            if (keys.states(name)) {
                int stated = CommonKeys.experts(keys, name);
                if (count.isPresent() && count.getAsInt() != stated) {
                    throw keys.refused(name, "another key says " + count.getAsInt());
                }
                count = OptionalInt.of(stated);
            }
        }
        return count.orElseThrow(() -> keys.missing(names[0]));
    }

    /// Experts that a token uses.
    static int used(Keys keys, int experts) {
        int used = keys.positive("num_experts_per_tok");
        if (used > experts) {
            throw keys.refused("num_experts_per_tok", "more than the " + experts + " experts");
        }
        return used;
    }

    /// `n_group` and `topk_group`.
    static Groups groups(Keys keys, int experts, int used, Groups.Rank rank) {
        int count = keys.positiveOr("n_group", 1);
        int chosen = keys.positiveOr("topk_group", 1);
        if (experts % count != 0) {
            throw keys.refused("n_group", "does not divide the " + experts + " experts");
        }
        if (chosen > count || chosen * (experts / count) < used) {
            throw keys.refused(
                    "topk_group", used + " experts of a token do not fit in so many of " + count + " groups");
        }
        return new Groups(count, chosen, rank);
    }

    /// Sigmoid scores with a stored correction, groups ranked by their two best, as DeepSeek V3 and
    /// GLM 4.5 have them.
    static Router corrected(Keys keys, double defaultScaling) {
        int experts = count(keys, "n_routed_experts", "num_local_experts");
        int used = used(keys, experts);
        return Router.of(experts, used, Router.Score.SIGMOID, weights(keys, true))
                .with(Correction.STORED_PER_EXPERT)
                .with(groups(keys, experts, used, Groups.Rank.SUM_OF_TWO_BEST))
                .scaled(keys.optionalFactor("routed_scaling_factor").orElse(defaultScaling));
    }

    static Router.Weights weights(Keys keys, boolean normalisedByDefault) {
        return keys.flagOr("norm_topk_prob", normalisedByDefault)
                ? Router.Weights.SUM_TO_ONE
                : Router.Weights.AS_SCORED;
    }

    /// Experts of width `moe_intermediate_size`, and `n_shared_experts` of them as one that every
    /// token passes.
    static Experts withShared(Decoder decoder, Keys keys, Router router) {
        Gated expert = decoder.gated("moe_intermediate_size");
        int shared = keys.notNegativeOr("n_shared_experts", 0);
        if ((long) shared * expert.intermediate() > Integer.MAX_VALUE) {
            throw keys.refused("n_shared_experts", "more than a matrix can hold");
        }
        return new Experts(
                router,
                expert,
                shared == 0
                        ? Optional.empty()
                        : Optional.of(new Experts.Shared(
                                new Gated(expert.hidden(), shared * expert.intermediate(), expert.activation()))));
    }

    /// Layers from `first_k_dense_replace` on.
    static IntPredicate afterFirstDense(Keys keys) {
        int dense = keys.notNegativeOr("first_k_dense_replace", 0);
        return layer -> layer >= dense;
    }

    /// Every `decoder_sparse_step`-th layer that is not among `mlp_only_layers`.
    static IntPredicate bySparseStep(Keys keys) {
        int step = keys.positiveOr("decoder_sparse_step", 1);
        List<Integer> dense = keys.wholes("mlp_only_layers").orElse(List.of());
        return layer -> (layer + 1) % step == 0 && !dense.contains(layer);
    }

    static List<FeedForward> choose(int layers, IntPredicate sparse, FeedForward experts, FeedForward dense) {
        List<FeedForward> parts = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            parts.add(sparse.test(layer) ? experts : dense);
        }
        return parts;
    }
}
