package io.dipper.checkpoint;

import java.nio.file.Path;
import java.util.Arrays;

/// One tensor of a checkpoint: what it is and where its bytes lie. `offset` counts from the start
/// of `file`.
public record TensorInfo(String name, StoredType type, long[] shape, Path file, long offset, long bytes) {
    public TensorInfo {
        if (bytes != type.bytesOf(shape) || offset < 0) {
            throw new IllegalArgumentException(
                    name + ": " + bytes + " bytes at " + offset + " for " + type + Arrays.toString(shape));
        }
    }

    public long values() {
        return StoredType.valuesOf(shape);
    }

    @Override
    public String toString() {
        return name + " " + type + Arrays.toString(shape);
    }
}
