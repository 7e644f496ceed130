package io.dipper.gateway.relay;

import java.io.ByteArrayOutputStream;

/// Lets only whole frames of an event stream through, so that what is added after a cut is not
/// taken for the rest of a frame.
final class WholeFrames {

    private static final int MAX_HELD = 4 << 20;

    private final ByteArrayOutputStream held = new ByteArrayOutputStream();

    /// Takes the next bytes as they came.
    ///
    /// @return all up to the last blank line so far, perhaps nothing
    byte[] accept(byte[] bytes) {
        held.writeBytes(bytes);
        byte[] all = held.toByteArray();
        int end = all.length > MAX_HELD ? all.length : lastFrameEnd(all);
        held.reset();
        held.write(all, end, all.length - end);
        return java.util.Arrays.copyOf(all, end);
    }

    /// What is left when the stream ended as it should.
    byte[] rest() {
        byte[] rest = held.toByteArray();
        held.reset();
        return rest;
    }

    private static int lastFrameEnd(byte[] bytes) {
        for (int i = bytes.length - 1; i > 0; i--) {
            if (bytes[i] == '\n' && (bytes[i - 1] == '\n' || (i > 1 && bytes[i - 1] == '\r' && bytes[i - 2] == '\n'))) {
                return i + 1;
            }
        }
        return 0;
    }
}
