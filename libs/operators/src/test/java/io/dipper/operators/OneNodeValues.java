package io.dipper.operators;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;

/// Where the values of a [OneNode] lie.
interface OneNodeValues extends AutoCloseable {
    SessionOptions options(CustomOpDomain domain);

    Tensor put(Object array, ElementType type, long... shape);

    /// Copies a tensor back to the array that it was put from.
    void get(Tensor tensor, Object array);

    @Override
    void close();
}
