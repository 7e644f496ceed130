package io.dipper.onnxruntime;

import java.util.List;

/// An input or output of a session. A dimension that is not fixed is -1; its name, if it has one,
/// stands at the same place of `symbols`, which holds empty strings elsewhere.
public record TensorInfo(String name, DataType type, List<Long> shape, List<String> symbols) {
    public TensorInfo {
        shape = List.copyOf(shape);
        symbols = List.copyOf(symbols);
    }
}
