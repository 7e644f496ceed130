package io.dipper.onnxgraph;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/// Encodes one protobuf message: a growing buffer with a method for each wire form that ONNX uses.
final class ProtoWriter {
    private static final int VARINT = 0;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED_32 = 5;

    private byte[] buffer = new byte[256];
    private int size;

    ProtoWriter varint(int field, long value) {
        tag(field, VARINT);
        raw(value);
        return this;
    }

    ProtoWriter fixed32(int field, float value) {
        tag(field, FIXED_32);
        int bits = Float.floatToRawIntBits(value);
        reserve(4);
        for (int shift = 0; shift < 32; shift += 8) {
            buffer[size++] = (byte) (bits >>> shift);
        }
        return this;
    }

    ProtoWriter text(int field, String value) {
        return bytes(field, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
    }

    ProtoWriter bytes(int field, ByteBuffer value) {
        tag(field, LENGTH_DELIMITED);
        int length = value.remaining();
        raw(length);
        reserve(length);
        value.duplicate().get(buffer, size, length);
        size += length;
        return this;
    }

    /// A message inside this one; its length is known only once it is written, so it is encoded
    /// apart.
    ProtoWriter message(int field, Consumer<ProtoWriter> content) {
        var inner = new ProtoWriter();
        content.accept(inner);
        return bytes(field, ByteBuffer.wrap(inner.buffer, 0, inner.size));
    }

    byte[] toByteArray() {
        return Arrays.copyOf(buffer, size);
    }

    private void tag(int field, int wireType) {
        raw((long) field << 3 | wireType);
    }

    /// Seven bits a byte, lowest first; the shift is unsigned, so that -1 takes ten bytes and ends
    /// in 01.
    private void raw(long value) {
        reserve(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            buffer[size++] = (byte) ((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        buffer[size++] = (byte) rest;
    }

    private void reserve(int bytes) {
        int needed = Math.addExact(size, bytes);
        if (needed > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(needed, buffer.length * 2));
        }
    }
}
