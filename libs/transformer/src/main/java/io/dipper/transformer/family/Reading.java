package io.dipper.transformer.family;

import io.dipper.transformer.tree.Model;

/// What came of reading a configuration.
public sealed interface Reading permits Reading.Read, Refusal {

    /// The model, the family that read it, where a checkpoint keeps its weights, and how it stores
    /// them.
    record Read(Model model, String family, Renaming names, Storage storage) implements Reading {}
}
