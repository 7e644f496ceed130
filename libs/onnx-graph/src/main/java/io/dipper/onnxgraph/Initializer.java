package io.dipper.onnxgraph;

import java.nio.ByteBuffer;
import java.util.Objects;

/// A constant tensor of a graph, little-endian: inside the model file, or a range of another file.
public sealed interface Initializer {
    String name();

    TensorType type();

    default Value value() {
        return new Value(name(), type());
    }

    /// Few bytes, kept in the model file.
    record Inline(String name, TensorType type, ByteBuffer data) implements Initializer {
        public Inline {
            requireBytes(name, type, data.remaining());
            data = ByteBuffer.allocate(data.remaining())
                    .put(data.duplicate())
                    .flip()
                    .asReadOnlyBuffer();
        }

        @Override
        public ByteBuffer data() {
            return data.duplicate();
        }
    }

    /// Bytes `offset` to `offset + length` of the file `location`, a path relative to the model
    /// file.
    record External(String name, TensorType type, String location, long offset, long length) implements Initializer {
        public External {
            Objects.requireNonNull(location, "location");
            if (offset < 0) {
                throw new IllegalArgumentException("initializer " + name + " at offset " + offset);
            }
            requireBytes(name, type, length);
        }
    }

    private static void requireBytes(String name, TensorType type, long bytes) {
        long elements = type.shape()
                .elements()
                .orElseThrow(
                        () -> new IllegalArgumentException("initializer " + name + " without a fixed shape: " + type));
        long expected = Math.multiplyExact(elements, type.element().byteSize());
        if (bytes != expected) {
            throw new IllegalArgumentException(
                    "initializer " + name + ": " + type + " takes " + expected + " bytes, given " + bytes);
        }
    }
}
