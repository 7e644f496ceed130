package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.Router;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/// MiniMax M2: norms on whole query and key projections, half of each head turned, experts chosen
/// by corrected sigmoid scores.
final class MiniMaxM2 implements Family {
    @Override
    public String name() {
        return "minimax-m2";
    }

    @Override
    public Model read(Keys keys) {
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(196_608, 1e-6));
        Attention plain = decoder.attention(rope(keys, decoder));
        Attention attention = plain.with(new QkNorm.WholeProjection(
                new Norm.Rms(plain.queryWidth(), decoder.epsilon()),
                new Norm.Rms(plain.keyValueWidth(), decoder.epsilon())));
        int count = ExpertKeys.count(keys, "num_local_experts", "num_experts");
        Router router = Router.of(count, ExpertKeys.used(keys, count), Router.Score.SIGMOID, Router.Weights.SUM_TO_ONE)
                .with(Router.Correction.STORED_PER_EXPERT);
        int layers = decoder.layers();
        List<Integer> kinds = keys.wholes("attn_type_list").orElse(Collections.nCopies(layers, 1));
        if (kinds.size() != layers || kinds.stream().anyMatch(kind -> kind != 1)) {
            throw keys.refused("attn_type_list", "only 1 for each layer, full attention, is built");
        }
        keys.mustBe("use_qk_norm", true)
                .mustBe("qk_norm_type", "per_layer")
                .mustBe("use_routing_bias", true)
                .mustBe("scoring_func", "sigmoid")
                .mustBe("shared_intermediate_size", 0)
                .harmless("use_mtp", "num_mtp_modules", "mtp_transformer_layers");
        Experts experts = new Experts(router, decoder.gated("intermediate_size"));
        ExpertKeys.harmless(keys);
        return decoder.model(
                Collections.nCopies(layers, new Block(BlockNorms.pre(decoder.norm()), attention, experts)),
                CommonKeys.head(keys, false));
    }

    /// Files of the older spelling count the dimensions that turn in `rotary_dim`. Newer ones state
    /// a share of the head in `rope_parameters`, and the reference reads nothing else there: what
    /// they still say in `rotary_dim` does not count.
    private static Rope rope(Keys keys, Decoder decoder) {
        Rope rope = decoder.rope(5_000_000);
        OptionalInt counted = keys.optionalPositive("rotary_dim");
        if (counted.isEmpty() || keys.states("rope_parameters")) {
            return rope;
        }
        int rotaryDim = counted.getAsInt();
        if (rotaryDim > decoder.headDim() || rotaryDim % 2 != 0) {
            throw keys.refused("rotary_dim", "not an even part of the head's " + decoder.headDim());
        }
        return new Rope(rope.theta(), rotaryDim, rope.pairing(), rope.scaling());
    }

    @Override
    public Renaming names() {
        return HubNames.blockSparse();
    }
}
