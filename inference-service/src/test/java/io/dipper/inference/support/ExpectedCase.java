package io.dipper.inference.support;

import io.dipper.engine.plan.Sequence;
import io.dipper.fixtures.Fixtures;
import io.dipper.openaiapi.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What the reference answers to one conversation.
///
/// @param text with markers, without the end token
public record ExpectedCase(
        String id,
        JsonNode messages,
        JsonNode tools,
        boolean thinks,
        String renderedPrompt,
        int[] promptIds,
        int[] greedyIds,
        String text,
        String finishReason) {

    /// All cases of dipper-mini.
    public static List<ExpectedCase> all() {
        var cases = new ArrayList<ExpectedCase>();
        for (String file : List.of("expected.jsonl", "expected-extra.jsonl")) {
            try {
                for (String line : Files.readAllLines(Fixtures.dipperMini().resolve(file))) {
                    cases.add(of(Json.tree(line)));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return cases;
    }

    @Override
    public String toString() {
        return id;
    }

    /// The chat request that asks for it.
    public ObjectNode request(String model) {
        ObjectNode request = Json.mapper().createObjectNode();
        request.put("model", model);
        request.set("messages", wireMessages());
        if (!tools.isNull()) {
            request.set("tools", tools);
        }
        request.put("temperature", 0);
        request.put("max_tokens", 200);
        request.put("return_token_ids", true);
        request.set("chat_template_kwargs", Json.mapper().createObjectNode().put("enable_thinking", thinks));
        return request;
    }

    /// Whether the sequence up to this position is the prompt and a part of the answer.
    boolean begins(Sequence sequence, int position) {
        for (int i = position; i >= 0; i--) {
            int expected = i < promptIds.length ? promptIds[i] : greedyIds[i - promptIds.length];
            if (sequence.token(i) != expected) {
                return false;
            }
        }
        return true;
    }

    /// On the wire calls have ids, and arguments are texts.
    private JsonNode wireMessages() {
        JsonNode copy = messages.deepCopy();
        int call = 0;
        for (JsonNode message : copy.values()) {
            if (message.has("tool_calls")) {
                for (JsonNode sent : message.get("tool_calls").values()) {
                    ((ObjectNode) sent).put("id", "call_" + ++call);
                    ObjectNode function = (ObjectNode) sent.get("function");
                    function.put("arguments", function.get("arguments").toString());
                }
            }
            if (message.get("role").stringValue().equals("tool")) {
                ((ObjectNode) message).put("tool_call_id", "call_" + call);
            }
        }
        return copy;
    }

    private static ExpectedCase of(JsonNode line) {
        return new ExpectedCase(
                line.get("id").stringValue(),
                line.get("messages"),
                line.get("tools"),
                line.get("enable_thinking").booleanValue(),
                line.get("rendered_prompt").stringValue(),
                ids(line.get("prompt_ids")),
                ids(line.get("greedy_ids")),
                line.get("text").stringValue(),
                line.get("finish_reason").stringValue());
    }

    private static int[] ids(JsonNode list) {
        return list.values().stream().mapToInt(JsonNode::intValue).toArray();
    }
}
