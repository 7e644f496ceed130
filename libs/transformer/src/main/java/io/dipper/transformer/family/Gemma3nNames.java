package io.dipper.transformer.family;

import static io.dipper.transformer.family.Rule.same;

/// Where Gemma 3n's checkpoints keep what Gemma 3 does not have.
final class Gemma3nNames {
    private static final String LAYER = "model.layers.{layer}.";
    private static final String PATH = "layers.{layer}.";

    private Gemma3nNames() {}

    static Renaming table() {
        return HubNames.sandwich()
                .and(
                        same("per_layer.embedding", "model.embed_tokens_per_layer.weight"),
                        same("per_layer.projection", "model.per_layer_model_projection.weight"),
                        same("per_layer.norm", "model.per_layer_projection_norm.weight"),
                        same("altup.project.{stream}", "model.altup_projections.{stream}.weight"),
                        same("altup.unproject.{stream}", "model.altup_unembed_projections.{stream}.weight"),
                        same(PATH + "altup.router_norm", LAYER + "altup.router_norm.weight"),
                        same(PATH + "altup.router", LAYER + "altup.modality_router.weight"),
                        same(PATH + "altup.predict", LAYER + "altup.prediction_coefs.weight"),
                        same(PATH + "altup.correct", LAYER + "altup.correction_coefs.weight"),
                        same(PATH + "altup.output_scale", LAYER + "altup.correct_output_scale"),
                        same(PATH + "laurel.left", LAYER + "laurel.linear_left.weight"),
                        same(PATH + "laurel.right", LAYER + "laurel.linear_right.weight"),
                        same(PATH + "laurel.norm", LAYER + "laurel.post_laurel_norm.weight"),
                        same(PATH + "per_layer.gate", LAYER + "per_layer_input_gate.weight"),
                        same(PATH + "per_layer.out", LAYER + "per_layer_projection.weight"),
                        same(PATH + "per_layer.out_norm", LAYER + "post_per_layer_input_norm.weight"));
    }
}
