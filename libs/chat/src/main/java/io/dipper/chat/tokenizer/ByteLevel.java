package io.dipper.chat.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Byte-level vocabularies write each byte as one printable character: printable Latin-1 bytes as
/// themselves, the others, in order, from U+0100 on.
final class ByteLevel {
    private static final int[] BYTE_OF = new int[512];

    static {
        int next = 256;
        for (int value = 0; value < 256; value++) {
            boolean printable = (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xAC) || (value >= 0xAE);
            BYTE_OF[printable ? value : next++] = value + 1;
        }
    }

    private ByteLevel() {}

    static byte[] bytes(String piece) {
        var bytes = new ByteArrayOutputStream(piece.length());
        piece.codePoints().forEach(point -> {
            if (point < BYTE_OF.length && BYTE_OF[point] > 0) {
                bytes.write(BYTE_OF[point] - 1);
            } else {
                // Not of this alphabet: it stands for itself.
                bytes.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
            }
        });
        return bytes.toByteArray();
    }
}
