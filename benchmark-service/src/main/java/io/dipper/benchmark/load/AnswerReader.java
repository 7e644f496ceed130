package io.dipper.benchmark.load;

import io.dipper.benchmark.load.Outcome.Answered;
import io.dipper.benchmark.load.Outcome.Failed;
import io.dipper.benchmark.load.Outcome.Usage;
import io.dipper.openaiapi.json.Json;
import io.dipper.openaiapi.sse.SseFrame;
import io.dipper.openaiapi.sse.SseReader;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Reads one reply as it arrives. Written to by one thread of the HTTP client at a time; read from
/// others.
final class AnswerReader implements BodyHandler<Void> {
    private static final int FIRST_ROOM = 64;

    private final RunClock clock;
    private final SseReader frames = new SseReader();
    private long[] pieceNs = new long[FIRST_ROOM];
    private int pieces;
    private int status;
    private boolean done;
    private @Nullable String fault;
    private Usage usage = Usage.NONE;

    AnswerReader(RunClock clock) {
        this.clock = clock;
    }

    @Override
    public BodySubscriber<Void> apply(ResponseInfo info) {
        boolean stream = info.headers()
                .firstValue("content-type")
                .filter(type -> type.startsWith("text/event-stream"))
                .isPresent();
        synchronized (this) {
            status = info.statusCode();
            if (status != 200) {
                fault = "http_" + status;
            } else if (!stream) {
                fault = "no_stream";
            }
        }
        return BodySubscribers.ofByteArrayConsumer(stream && status == 200 ? this::accept : _ -> {});
    }

    synchronized boolean hasBegun() {
        return status != 0;
    }

    synchronized int pieces() {
        return pieces;
    }

    /// What it came to; the reply must have ended.
    synchronized Outcome outcome(long sentNs) {
        long nowNs = clock.nowNs();
        String kind = fault != null ? fault : !done ? "cut" : pieces == 0 ? "empty" : null;
        return kind == null
                ? new Answered(sentNs, Arrays.copyOf(pieceNs, pieces), nowNs, usage)
                : new Failed(kind, sentNs, nowNs, pieces);
    }

    private synchronized void accept(Optional<byte[]> bytes) {
        if (bytes.isEmpty() || fault != null) {
            return;
        }
        long nowNs = clock.nowNs();
        try {
            for (SseFrame frame : frames.accept(bytes.get())) {
                accept(frame, nowNs);
            }
        } catch (JacksonException | IllegalStateException e) {
            fault = "malformed";
        }
    }

    private void accept(SseFrame frame, long nowNs) {
        String data = frame.data().orElse("");
        if (frame.isDone()) {
            done = true;
        } else if (!data.isEmpty()) {
            JsonNode chunk = Json.tree(data);
            if (chunk.has("error")) {
                fault = "frame_" + word(chunk.path("error"));
            } else {
                readUsage(chunk.path("usage"));
                if (hasText(chunk.path("choices").path(0).path("delta"))) {
                    piece(nowNs);
                }
            }
        }
    }

    private void piece(long nowNs) {
        if (pieces == pieceNs.length) {
            pieceNs = Arrays.copyOf(pieceNs, 2 * pieces);
        }
        pieceNs[pieces++] = nowNs;
    }

    private void readUsage(JsonNode told) {
        if (told.isObject()) {
            usage = new Usage(
                    told.path("prompt_tokens").asLong(0),
                    told.path("prompt_tokens_details").path("cached_tokens").asLong(0),
                    told.path("completion_tokens").asLong(0));
        }
    }

    private static boolean hasText(JsonNode delta) {
        return !delta.path("content").asString("").isEmpty()
                || !delta.path("reasoning_content").asString("").isEmpty()
                || !delta.path("tool_calls").isEmpty();
    }

    /// Error codes become names of counters: short and plain, whatever the server sends.
    private static String word(JsonNode error) {
        String code = error.path("code").asString(error.path("type").asString("error"));
        return code.toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9_]", "")
                .transform(word -> word.substring(0, Math.min(40, word.length())));
    }
}
