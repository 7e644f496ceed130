package io.dipper.registry.catalogue;

/// Where an inference-service finds a model's files.
///
/// @param folder the export's: graph, weights, manifest
/// @param checkpointFolder the published files: tokenizer and templates are read there
public record ModelExport(String folder, String checkpointFolder, ExportState state) {}
