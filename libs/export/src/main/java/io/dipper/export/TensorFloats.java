package io.dipper.export;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Floats;
import io.dipper.checkpoint.StoredType;
import io.dipper.checkpoint.TensorInfo;
import java.lang.foreign.MemorySegment;

/// A stored tensor as floats, whatever its type in the file.
interface TensorFloats {

    /// Reads `count` values from the `from`-th on, in the order of the tensor's elements.
    void read(long from, int count, float[] into);

    /// A tensor of one of the plain float types.
    static TensorFloats plain(Checkpoint checkpoint, TensorInfo tensor) {
        MemorySegment bytes = checkpoint.map(tensor);
        StoredType type = tensor.type();
        return (from, count, into) -> Floats.decode(
                type,
                bytes.asSlice(from * type.bytes(), (long) count * type.bytes()),
                MemorySegment.ofArray(into),
                count);
    }

    /// Eight-bit values times the factor of the block of rows and columns in which they lie.
    static TensorFloats scaled(Checkpoint checkpoint, TensorInfo tensor, TensorInfo scales, int rows, int columns) {
        TensorFloats values = plain(checkpoint, tensor);
        float[] factors = new float[Math.toIntExact(scales.values())];
        plain(checkpoint, scales).read(0, factors.length, factors);
        long width = tensor.shape()[1];
        int factorsAcross = Math.toIntExact(scales.shape()[1]);
        return (from, count, into) -> {
            values.read(from, count, into);
            for (int i = 0; i < count; i++) {
                int row = (int) ((from + i) / width);
                int column = (int) ((from + i) % width);
                into[i] *= factors[row / rows * factorsAcross + column / columns];
            }
        };
    }
}
