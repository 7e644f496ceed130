package io.dipper.transformer.family;

import io.dipper.transformer.fold.FileFacts;
import io.dipper.transformer.tree.Model;

/// One design: how its configuration becomes a tree, and where its checkpoints keep the weights.
interface Family {
    /// Our own name for the design.
    String name();

    /// Reads, or declares harmless, every key that the design's configurations carry.
    Model read(Keys keys);

    Renaming names();

    /// How many layers for multi-token prediction the published files carry behind the model's own.
    default int predictionLayers(Keys keys) {
        return 0;
    }

    /// What the published files hold beside the text model. Asked after [#read].
    default FileFacts files(Keys keys, Model model) {
        return FileFacts.NONE.withPredictionLayers(PredictionLayers.elements(model, predictionLayers(keys), true));
    }
}
