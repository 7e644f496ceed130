package io.dipper.transformer.family;

import io.dipper.transformer.tree.Model;

/// One design: how its configuration becomes a tree, and where its checkpoints keep the weights.
interface Family {
    /// Our own name for the design.
    String name();

    /// Reads, or declares harmless, every key that the design's configurations carry.
    Model read(Keys keys);

    Renaming names();
}
