package io.dipper.cli.online;

import io.dipper.cli.Failure;
import io.dipper.openaiapi.sse.SseFrame;
import io.dipper.openaiapi.sse.SseReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Asks a model and prints its answer as it comes.
final class ChatStream {
    private final Platform platform;
    private final PrintWriter out;

    ChatStream(Platform platform, PrintWriter out) {
        this.platform = platform;
        this.out = out;
    }

    /// Returns the whole answer.
    String ask(String model, ArrayNode messages) throws IOException {
        ObjectNode body = Platform.JSON.createObjectNode().put("model", model).put("stream", true);
        body.set("messages", messages);
        var reader = new SseReader();
        var answer = new StringBuilder();
        try (InputStream in = platform.stream("/v1/chat/completions", body)) {
            byte[] buffer = new byte[8192];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                for (SseFrame frame : reader.accept(buffer, 0, read)) {
                    if (frame.isDone()) {
                        out.println();
                        out.flush();
                        return answer.toString();
                    }
                    show(frame, answer);
                }
            }
        }
        throw Failure.badInput("the answer broke off");
    }

    private void show(SseFrame frame, StringBuilder answer) {
        Optional<String> data = frame.data();
        if (data.isEmpty()) {
            return;
        }
        JsonNode chunk = Platform.JSON.readTree(data.get());
        if (chunk.has("error")) {
            throw Failure.badInput(chunk.path("error").path("message").asString("the answer failed"));
        }
        String text =
                chunk.path("choices").path(0).path("delta").path("content").asString("");
        answer.append(text);
        out.print(text);
        out.flush();
    }
}
