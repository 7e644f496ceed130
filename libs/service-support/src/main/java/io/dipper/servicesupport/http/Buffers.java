package io.dipper.servicesupport.http;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/// What network buffers hold.
public final class Buffers {
    private Buffers() {}

    /// Takes all that is left in a buffer out of it, and gives the buffer back.
    public static byte[] drain(DataBuffer buffer) {
        byte[] bytes = new byte[buffer.readableByteCount()];
        buffer.read(bytes);
        DataBufferUtils.release(buffer);
        return bytes;
    }
}
