package io.dipper.inference.support;

import io.dipper.openaiapi.json.Json;
import io.dipper.openaiapi.sse.SseFrame;
import io.dipper.openaiapi.sse.SseReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// An answer that came as events.
public record StreamedReply(int status, HttpHeaders headers, List<SseFrame> frames) {

    static StreamedReply read(HttpResponse<InputStream> reply) throws IOException {
        var reader = new SseReader();
        try (InputStream body = reply.body()) {
            List<SseFrame> frames = new ArrayList<>(reader.accept(body.readAllBytes()));
            return new StreamedReply(reply.statusCode(), reply.headers(), frames);
        }
    }

    /// The chunks, without comments and `[DONE]`.
    public List<JsonNode> chunks() {
        return frames.stream()
                .filter(frame -> !frame.isDone())
                .flatMap(frame -> frame.data().stream())
                .map(Json::tree)
                .toList();
    }

    /// The choices of all chunks for this index.
    public List<JsonNode> choices(int index) {
        return chunks().stream()
                .flatMap(chunk -> chunk.get("choices").values().stream())
                .filter(choice -> choice.get("index").intValue() == index)
                .toList();
    }

    /// The deltas' content, joined.
    public String content(int index) {
        return joined(index, "content");
    }

    public String reasoning(int index) {
        return joined(index, "reasoning_content");
    }

    public String finishReason(int index) {
        return choices(index).getLast().get("finish_reason").stringValue();
    }

    private String joined(int index, String field) {
        var text = new StringBuilder();
        for (JsonNode choice : choices(index)) {
            JsonNode delta = choice.get("delta");
            if (delta.has(field)) {
                text.append(delta.get(field).stringValue());
            }
        }
        return text.toString();
    }
}
