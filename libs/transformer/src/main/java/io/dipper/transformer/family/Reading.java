package io.dipper.transformer.family;

import io.dipper.transformer.fold.FileFacts;
import io.dipper.transformer.tree.Model;

/// What came of reading a configuration.
public sealed interface Reading permits Reading.Read, Refusal {

    /// The model, the family that read it, where a checkpoint keeps its weights, how it stores
    /// them, and what its files hold beside them.
    record Read(Model model, String family, Renaming names, Storage storage, FileFacts files) implements Reading {}
}
