package io.dipper.openaiapi.sse;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/// Cuts a stream of bytes into frames, wherever the network cut it. Lines may end in LF, CR LF or
/// CR. Not thread-safe: one stream, one reader.
public final class SseReader {
    /// Far above any real frame: an answer's chunk, or a whole reply sent as one.
    public static final int DEFAULT_MAX_FRAME_BYTES = 16 << 20;

    private final int maxFrameBytes;
    private final ByteArrayOutputStream frame = new ByteArrayOutputStream(512);
    private boolean lineIsEmpty = true;
    private boolean afterCarriageReturn;
    /// The frame is complete but its last CR may still be followed by an LF that belongs to it.
    private boolean endsInCarriageReturn;

    public SseReader() {
        this(DEFAULT_MAX_FRAME_BYTES);
    }

    /// A reader with a bound of its own.
    ///
    /// @param maxFrameBytes most bytes held back while a frame's end is awaited
    public SseReader(int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
    }

    /// Takes the next bytes and returns the frames that they complete.
    ///
    /// @throws IllegalStateException if a frame grows past the bound
    public List<SseFrame> accept(byte[] bytes) {
        return accept(bytes, 0, bytes.length);
    }

    public List<SseFrame> accept(byte[] bytes, int offset, int length) {
        var frames = new ArrayList<SseFrame>();
        for (int i = offset; i < offset + length; i++) {
            byte b = bytes[i];
            if (endsInCarriageReturn && b != '\n') {
                cut(frames);
            }
            if (frame.size() >= maxFrameBytes) {
                throw new IllegalStateException("an event of more than " + maxFrameBytes + " bytes");
            }
            frame.write(b);
            take(b, frames);
        }
        return frames;
    }

    /// Whether the stream may end here: nothing of a frame is held back.
    public boolean isAtFrameEnd() {
        return frame.size() == 0 || endsInCarriageReturn;
    }

    /// What was held back when the stream ended: a frame that never got its end.
    public byte[] rest() {
        return frame.toByteArray();
    }

    private void take(byte b, List<SseFrame> frames) {
        if (b == '\n' && afterCarriageReturn) {
            afterCarriageReturn = false;
            if (endsInCarriageReturn) {
                cut(frames);
            }
        } else if (b == '\n' || b == '\r') {
            afterCarriageReturn = b == '\r';
            if (!lineIsEmpty) {
                lineIsEmpty = true;
            } else if (b == '\r') {
                endsInCarriageReturn = true;
            } else {
                cut(frames);
            }
        } else {
            afterCarriageReturn = false;
            lineIsEmpty = false;
        }
    }

    private void cut(List<SseFrame> frames) {
        byte[] raw = frame.toByteArray();
        frame.reset();
        endsInCarriageReturn = false;
        lineIsEmpty = true;
        frames.add(new SseFrame(raw));
    }
}
