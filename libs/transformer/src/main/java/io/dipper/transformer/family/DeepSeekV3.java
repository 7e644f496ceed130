package io.dipper.transformer.family;

import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Router;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/// DeepSeek V3 and R1, and Kimi K2, which is built the same: latent attention, experts chosen by
/// corrected sigmoid scores within the best groups, one expert that every token passes.
record DeepSeekV3(String name) implements Family {

    @Override
    public Model read(Keys keys) {
        keys.mustBe("scoring_func", "sigmoid").mustBe("topk_method", "noaux_tc");
        keys.assume("n_group", 8);
        keys.assume("topk_group", 4);
        keys.assume("n_shared_experts", 1);
        keys.assume("first_k_dense_replace", 3);
        return read(keys, all -> ExpertKeys.corrected(all, 2.5));
    }

    /// What V2 and V3 share: all but the router.
    static Model read(Keys keys, Function<Keys, Router> router) {
        Decoder decoder = Decoder.latent(keys, new Decoder.Defaults(4096, 1e-6));
        LatentAttention attention = LatentKeys.read(keys, decoder.hidden(), decoder.context());
        List<FeedForward> parts = ExpertKeys.choose(
                decoder.layers(),
                ExpertKeys.afterFirstDense(keys),
                ExpertKeys.withShared(decoder, keys, router.apply(keys)),
                decoder.gated("intermediate_size"));
        keys.mustBe("moe_layer_freq", 1).harmless("pretraining_tp");
        ExpertKeys.harmless(keys);
        return decoder.model(
                decoder.preNorm(Collections.nCopies(parts.size(), attention), parts), CommonKeys.head(keys, false));
    }

    @Override
    public int predictionLayers(Keys keys) {
        return ExpertKeys.predictionLayers(keys);
    }

    @Override
    public Renaming names() {
        return LatentKeys.names();
    }
}
