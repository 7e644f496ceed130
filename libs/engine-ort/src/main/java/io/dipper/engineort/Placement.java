package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;

/// Where a graph runs: which operators it meets there, and where its keys and values lie. Closed
/// after the session and the tensors.
interface Placement extends AutoCloseable {
    static Placement of(Manifest manifest) {
        return manifest.target().startsWith("cuda-") ? new CardPlacement(0) : new HostPlacement();
    }

    CustomOpDomain operators();

    SessionOptions configure(SessionOptions options);

    /// The element type of keys and values; states are float32 everywhere.
    DataType cacheType();

    /// A pool of `blocks` blocks of `values` zero values each.
    Tensor pool(DataType type, long blocks, long values);

    @Override
    void close();
}
