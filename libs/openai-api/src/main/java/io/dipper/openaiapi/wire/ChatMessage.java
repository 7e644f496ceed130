package io.dipper.openaiapi.wire;

import io.dipper.openaiapi.json.Fields;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// One turn of a conversation as it was sent.
///
/// @param path how errors name it: `messages[2]`
/// @param content the text, parts joined; null if absent
/// @param toolCalls null if absent
public record ChatMessage(
        String path,
        String role,
        @Nullable String content,
        @Nullable String name,
        @Nullable String reasoningContent,
        @Nullable List<ToolCall> toolCalls,
        @Nullable String toolCallId) {

    /// A call that the model made in an earlier turn.
    ///
    /// @param arguments a JSON text as the model wrote it, possibly broken
    public record ToolCall(@Nullable String id, String name, String arguments) {}

    static @Nullable List<ChatMessage> list(Fields fields, String name) {
        List<Fields> sent = fields.objects(name);
        if (sent == null) {
            return null;
        }
        var messages = new ArrayList<ChatMessage>(sent.size());
        for (int i = 0; i < sent.size(); i++) {
            messages.add(of(sent.get(i), fields.path(name) + "[" + i + "]"));
        }
        return messages;
    }

    private static ChatMessage of(Fields fields, String path) {
        return new ChatMessage(
                path,
                fields.requiredText("role"),
                content(fields),
                fields.text("name"),
                fields.text("reasoning_content"),
                calls(fields),
                fields.text("tool_call_id"));
    }

    private static @Nullable String content(Fields fields) {
        JsonNode node = fields.node("content");
        if (node == null) {
            return null;
        }
        if (node.isString()) {
            return node.stringValue();
        }
        if (!node.isArray()) {
            throw Fields.wrongType(fields.path("content"), "a text or a list of parts", node);
        }
        var text = new StringBuilder();
        for (int i = 0; i < node.size(); i++) {
            String path = fields.path("content") + "[" + i + "]";
            Fields part = Fields.asObject(node.get(i), path);
            switch (part.requiredText("type")) {
                case "text" -> text.append(part.requiredText("text"));
                case "refusal" -> text.append(part.requiredText("refusal"));
                default -> throw part.refuse("type", path + ".type must be text: no other kind of part is served");
            }
        }
        return text.toString();
    }

    private static @Nullable List<ToolCall> calls(Fields fields) {
        List<Fields> sent = fields.objects("tool_calls");
        if (sent == null) {
            return null;
        }
        var calls = new ArrayList<ToolCall>(sent.size());
        for (Fields call : sent) {
            String type = call.text("type");
            if (type != null && !type.equals("function")) {
                throw call.refuse("type", call.path("type") + " must be function");
            }
            Fields function = call.requiredObject("function");
            calls.add(new ToolCall(call.text("id"), function.requiredText("name"), arguments(function)));
        }
        return calls;
    }

    /// A JSON text; an object as it is has but one meaning, so it is taken too.
    private static String arguments(Fields function) {
        JsonNode node = function.node("arguments");
        if (node == null) {
            return "{}";
        }
        return node.isObject() ? node.toString() : Fields.asText(node, function.path("arguments"));
    }
}
