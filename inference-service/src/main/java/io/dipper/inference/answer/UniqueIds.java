package io.dipper.inference.answer;

import java.security.SecureRandom;
import java.util.HexFormat;

/// Ids that no two requests share, on this host or another.
final class UniqueIds {
    private static final SecureRandom RANDOM = new SecureRandom();

    private UniqueIds() {}

    static String chat() {
        return "chatcmpl-" + random();
    }

    static String completion() {
        return "cmpl-" + random();
    }

    static String call() {
        return "call_" + random();
    }

    private static String random() {
        byte[] bytes = new byte[12];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
