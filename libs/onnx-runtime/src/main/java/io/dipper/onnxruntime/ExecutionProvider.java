package io.dipper.onnxruntime;

import java.util.Map;

/// Who runs the nodes of a session. The CPU's is always there, behind those that are named.
public sealed interface ExecutionProvider {
    /// Options by their names in ONNX Runtime's documents; `stream` is a `cudaStream_t` of the
    /// caller, or 0 for one of its own.
    record Cuda(Map<String, String> options, long stream) implements ExecutionProvider {
        public Cuda {
            options = Map.copyOf(options);
        }
    }
}
