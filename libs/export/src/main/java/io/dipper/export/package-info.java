/// From a model's tree to the ONNX graph that serves it, and from a checkpoint to a folder that
/// holds graph, weights and manifest.
package io.dipper.export;
