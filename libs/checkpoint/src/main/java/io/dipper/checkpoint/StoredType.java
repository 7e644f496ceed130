package io.dipper.checkpoint;

import java.util.Locale;
import java.util.Optional;

/// How one value lies in a file, little-endian, by the name that safetensors headers use.
public enum StoredType {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    F8_E4M3(1),
    F8_E5M2(1),
    F8_E8M0(1),
    I64(8),
    U64(8),
    I32(4),
    U32(4),
    I16(2),
    U16(2),
    I8(1),
    U8(1),
    BOOL(1);

    private final int bytes;

    StoredType(int bytes) {
        this.bytes = bytes;
    }

    /// Bytes of one value.
    public int bytes() {
        return bytes;
    }

    /// Whether the values stand for real numbers and [Floats#decode] knows them.
    public boolean isFloat() {
        return name().startsWith("F") || this == BF16;
    }

    /// The type of that name in a safetensors header, or empty for one that we do not read.
    public static Optional<StoredType> named(String name) {
        for (StoredType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /// Bytes of a tensor of this type; throws `ArithmeticException` where they exceed a long.
    public long bytesOf(long... shape) {
        return Math.multiplyExact(valuesOf(shape), (long) bytes);
    }

    /// Values in a shape; a scalar has one. Throws `ArithmeticException` where they exceed a long.
    public static long valuesOf(long... shape) {
        boolean empty = false;
        long product = 1;
        for (long size : shape) {
            if (size < 0) {
                throw new ArithmeticException(String.format(Locale.ROOT, "negative size %d", size));
            }
            // A zero must not hide an overflow of the other sizes: [2^62, 8, 0] is no shape.
            if (size == 0) {
                empty = true;
            } else {
                product = Math.multiplyExact(product, size);
            }
        }
        return empty ? 0 : product;
    }
}
