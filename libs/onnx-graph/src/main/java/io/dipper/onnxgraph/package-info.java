/// ONNX graphs as immutable values: built with [io.dipper.onnxgraph.GraphBuilder], judged by
/// [io.dipper.onnxgraph.GraphCheck], printed canonically by [io.dipper.onnxgraph.GraphText] and
/// encoded as ONNX protobuf by [io.dipper.onnxgraph.OnnxModel]. Knows ONNX and no model: what a
/// layer or a head is never enters here.
package io.dipper.onnxgraph;
