package io.dipper.openaiapi.sse;

import io.dipper.openaiapi.json.Json;
import java.nio.charset.StandardCharsets;

/// Writes server-sent events as the bytes that OpenAI's clients know: one `data: ` line and a blank
/// line. JSON has no line breaks of its own, so one line always suffices.
public final class SseFrames {
    private static final byte[] DATA = ascii("data: ");
    private static final byte[] END = ascii("\n\n");
    private static final byte[] DONE = ascii("data: [DONE]\n\n");

    private SseFrames() {}

    /// `data: {json}`
    public static byte[] data(byte[] json) {
        byte[] frame = new byte[DATA.length + json.length + END.length];
        System.arraycopy(DATA, 0, frame, 0, DATA.length);
        System.arraycopy(json, 0, frame, DATA.length, json.length);
        System.arraycopy(END, 0, frame, DATA.length + json.length, END.length);
        return frame;
    }

    public static byte[] data(Object value) {
        return data(Json.bytes(value));
    }

    /// `data: [DONE]`: comes last, and once.
    public static byte[] done() {
        return DONE.clone();
    }

    /// `: text`: means nothing to the client and keeps the connection alive.
    public static byte[] comment(String text) {
        if (text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
            throw new IllegalArgumentException("a comment is one line");
        }
        return (": " + text + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
