package io.dipper.transformer.family;

import io.dipper.transformer.fold.Weight;
import io.dipper.transformer.fold.Weights;
import io.dipper.transformer.tree.Model;
import java.util.List;

/// Layers for multi-token prediction: stored behind a model's own layers and read by nothing here.
///
/// Each is a copy of the last block's shape with a projection of two hidden states to one and three
/// norms (of the token, of the hidden state, before the head), as DeepSeek-V3's report describes
/// it.
final class PredictionLayers {
    private PredictionLayers() {}

    /// Elements of `count` layers; `withCopies` where the file repeats embedding and head for each.
    static long elements(Model model, int count, boolean withCopies) {
        long hidden = model.hidden();
        long block = lastBlock(model).stream().mapToLong(Weight::elements).sum();
        long copies = withCopies ? 2 * hidden * model.vocabulary() : 0;
        return count * (block + 2 * hidden * hidden + 3 * hidden + copies);
    }

    /// The weights of the last block, which each prediction layer repeats in shape.
    static List<Weight> lastBlock(Model model) {
        String last = "layers." + (model.blocks().size() - 1) + ".";
        return Weights.of(model).stream()
                .filter(weight -> weight.path().startsWith(last))
                .toList();
    }
}
