package io.dipper.onnxruntime;

import java.util.Optional;

/// An input or output of a [CustomOp]: its element type (any, if empty), how often it may stand in
/// a node, and where it lies.
public record CustomOpParameter(Optional<DataType> type, Arity arity, Memory memory) {
    /// `OrtCustomOpInputOutputCharacteristic` with its codes. Variadic parameters come last and
    /// stand at least once.
    public enum Arity {
        REQUIRED(0),
        OPTIONAL(1),
        VARIADIC(2);

        private final int code;

        Arity(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    /// Where the elements lie when a kernel sees them. On the CPU both are the same.
    public enum Memory {
        /// The memory of the operator's provider.
        DEVICE,
        /// The host's, whatever the provider.
        HOST
    }

    public static CustomOpParameter required(DataType type) {
        return new CustomOpParameter(Optional.of(type), Arity.REQUIRED, Memory.DEVICE);
    }

    public static CustomOpParameter optional(DataType type) {
        return new CustomOpParameter(Optional.of(type), Arity.OPTIONAL, Memory.DEVICE);
    }

    public static CustomOpParameter variadic(DataType type) {
        return new CustomOpParameter(Optional.of(type), Arity.VARIADIC, Memory.DEVICE);
    }

    /// Required, of any element type: the kernel asks which.
    public static CustomOpParameter ofAnyType() {
        return new CustomOpParameter(Optional.empty(), Arity.REQUIRED, Memory.DEVICE);
    }

    public CustomOpParameter onHost() {
        return new CustomOpParameter(type, arity, Memory.HOST);
    }
}
