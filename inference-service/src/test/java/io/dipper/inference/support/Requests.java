package io.dipper.inference.support;

import io.dipper.openaiapi.json.Json;
import tools.jackson.databind.node.ObjectNode;

/// Requests that tests begin with.
public final class Requests {
    public static final String CHAT = "/v1/chat/completions";
    public static final String COMPLETIONS = "/v1/completions";

    private Requests() {}

    /// A greedy chat of one user message.
    public static ObjectNode chat(String text) {
        ObjectNode request = Json.mapper().createObjectNode();
        request.put("model", RunningService.MODEL);
        request.putArray("messages").addObject().put("role", "user").put("content", text);
        return request.put("temperature", 0).put("max_tokens", 24);
    }

    /// A greedy continuation of a text.
    public static ObjectNode completion(String prompt) {
        ObjectNode request = Json.mapper().createObjectNode();
        request.put("model", RunningService.MODEL).put("prompt", prompt);
        return request.put("temperature", 0);
    }

    /// The request with more fields, given as the inside of a JSON object.
    public static ObjectNode with(ObjectNode request, String fields) {
        ObjectNode more = (ObjectNode) Json.tree("{" + fields + "}");
        ObjectNode copy = request.deepCopy();
        more.properties().forEach(field -> copy.set(field.getKey(), field.getValue()));
        return copy;
    }

    public static ObjectNode streamed(ObjectNode request) {
        return request.deepCopy().put("stream", true);
    }

    public static ObjectNode streamedWithUsage(ObjectNode request) {
        ObjectNode streamed = streamed(request);
        streamed.putObject("stream_options").put("include_usage", true);
        return streamed;
    }
}
