package io.dipper.transformer.family;

import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Router;
import io.dipper.transformer.tree.Router.Groups;
import java.util.Map;

/// DeepSeek V2: V3's form with a softmax router without correction.
final class DeepSeekV2 implements Family {
    @Override
    public String name() {
        return "deepseek-v2";
    }

    @Override
    public Model read(Keys keys) {
        keys.mustBe("scoring_func", "softmax").mustBe("norm_topk_prob", false);
        keys.mustBe("mlp_bias", false).mustBe("rope_interleave", true);
        keys.assume("n_shared_experts", 2);
        return DeepSeekV3.read(keys, DeepSeekV2::router);
    }

    private static Router router(Keys keys) {
        int experts = ExpertKeys.count(keys, "n_routed_experts", "num_local_experts");
        int used = ExpertKeys.used(keys, experts);
        Groups groups = ExpertKeys.groups(keys, experts, used, Groups.Rank.BEST_SCORE);
        boolean grouped = keys.choice("topk_method", "greedy", Map.of("greedy", false, "group_limited_greedy", true));
        return Router.of(experts, used, Router.Score.SOFTMAX, Router.Weights.AS_SCORED)
                .with(grouped ? groups : Groups.ONE)
                .scaled(keys.optionalFactor("routed_scaling_factor").orElse(1));
    }

    @Override
    public Renaming names() {
        return LatentKeys.names();
    }
}
