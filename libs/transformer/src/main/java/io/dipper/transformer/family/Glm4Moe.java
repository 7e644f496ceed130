package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Positions.Pairing;
import io.dipper.transformer.tree.QkNorm;
import java.util.Collections;
import java.util.List;

/// GLM 4.5: grouped attention that turns half of each head, with DeepSeek V3's experts.
final class Glm4Moe implements Family {
    @Override
    public String name() {
        return "glm-4.5";
    }

    @Override
    public Model read(Keys keys) {
        keys.assume("n_shared_experts", 1);
        keys.assume("first_k_dense_replace", 1);
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(131_072, 1e-5));
        var rope =
                RopeKeys.of(keys, decoder.context()).forAllLayers(decoder.headDim(), 10_000, 0.5, Pairing.HALF_SPLIT);
        Attention plain = decoder.attention(rope)
                .with(keys.flagOr("attention_bias", false) ? Biases.QUERY_KEY_VALUE : Biases.NONE);
        Attention attention =
                keys.flagOr("use_qk_norm", false) ? plain.with(new QkNorm.PerHead(decoder.headNorm())) : plain;
        List<FeedForward> parts = ExpertKeys.choose(
                decoder.layers(),
                ExpertKeys.afterFirstDense(keys),
                ExpertKeys.withShared(decoder, keys, ExpertKeys.corrected(keys, 1)),
                decoder.gated("intermediate_size"));
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
        return HubNames.experts().leavingOutLayersBeyond();
    }
}
