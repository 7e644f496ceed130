package io.dipper.inference.host;

import java.nio.file.Path;

/// Where a model's files lie.
///
/// @param exportFolder graph, weights and manifest
/// @param checkpointFolder tokenizer, chat template and the authors' settings
public record ModelFiles(String name, Path exportFolder, Path checkpointFolder) {}
