package io.dipper.transformer.family;

import io.dipper.transformer.fold.Weight;
import io.dipper.transformer.fold.Weights;
import io.dipper.transformer.tree.Model;

/// The inverse scales beside a checkpoint's eight-bit matrices.
///
/// Routers, embeddings, heads and what joins a prediction layer to the model stay in wider floats.
final class BlockScales {
    private BlockScales() {}

    /// Scales of all layers of `model` and of `predictionLayers` more.
    static long count(Storage storage, Model model, int predictionLayers) {
        return switch (storage) {
            case Storage.Plain _, Storage.Mxfp4 _ -> 0;
            case Storage.Fp8Blocks blocks ->
                Weights.of(model).stream()
                                .mapToLong(weight -> scales(weight, blocks))
                                .sum()
                        + predictionLayers
                                * PredictionLayers.lastBlock(model).stream()
                                        .mapToLong(weight -> scales(weight, blocks))
                                        .sum();
        };
    }

    private static long scales(Weight weight, Storage.Fp8Blocks blocks) {
        boolean quantised = switch (weight.use()) {
            case BODY, EXPERT, IDLE ->
                weight.shape().size() == 2 && !weight.path().endsWith(".switch");
            case EMBEDDING, HEAD, POSITIONS, PER_LAYER_EMBEDDING, ROUTER, ROUTER_CORRECTION -> false;
        };
        return quantised
                ? (long) Math.ceilDiv(weight.rows(), blocks.blockRows())
                        * Math.ceilDiv(weight.columns(), blocks.blockColumns())
                : 0;
    }
}
