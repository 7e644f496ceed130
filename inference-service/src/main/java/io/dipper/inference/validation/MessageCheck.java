package io.dipper.inference.validation;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.Checked;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.json.StrictJson;
import io.dipper.openaiapi.wire.ChatMessage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// Turns the messages of a request into what a template takes.
final class MessageCheck {
    private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant", "tool");

    private MessageCheck() {}

    static List<Map<String, Object>> check(@Nullable List<ChatMessage> messages, ModelLimits limits) {
        if (messages == null) {
            throw Bounds.refuse("messages", "messages is required");
        }
        if (messages.isEmpty()) {
            throw Bounds.refuse("messages", "messages must have at least one entry, but has 0");
        }
        boundText(messages, limits);
        var plain = new ArrayList<Map<String, Object>>(messages.size());
        for (ChatMessage message : messages) {
            plain.add(plain(message));
        }
        return plain;
    }

    /// A conversation that cannot fit is refused before anything is rendered: each message takes a
    /// token at least, and each token a bounded number of bytes at most.
    private static void boundText(List<ChatMessage> messages, ModelLimits limits) {
        if (messages.size() > limits.contextTokens()) {
            throw new RefusedException(ApiError.contextLengthExceeded(
                    "messages",
                    "messages must fit the model's context of " + limits.contextTokens() + " tokens, but are "
                            + messages.size() + " messages"));
        }
        long characters = 0;
        for (ChatMessage message : messages) {
            characters += message.content() == null ? 0 : message.content().length();
        }
        if (characters > limits.mostPromptBytes()) {
            throw new RefusedException(ApiError.contextLengthExceeded(
                    "messages",
                    "messages must fit the model's context of " + limits.contextTokens() + " tokens, but have "
                            + characters + " characters"));
        }
    }

    private static Map<String, Object> plain(ChatMessage message) {
        String role = message.role();
        if (!ROLES.contains(role)) {
            throw Bounds.refuse(
                    message.path() + ".role",
                    message.path() + ".role must be system, developer, user, assistant or tool");
        }
        var plain = new LinkedHashMap<String, Object>();
        plain.put("role", role);
        plain.put("content", content(message));
        if (role.equals("assistant")) {
            putIfThere(plain, "reasoning_content", message.reasoningContent());
            if (hasCalls(message)) {
                plain.put("tool_calls", calls(message));
            }
        } else if (hasCalls(message)) {
            throw Bounds.refuse(
                    message.path() + ".tool_calls", message.path() + ".tool_calls is only taken in assistant messages");
        }
        if (role.equals("tool")) {
            plain.put("tool_call_id", callId(message));
        }
        putIfThere(plain, "name", message.name());
        return plain;
    }

    /// Only a model's own turn may come without text: when it called a function, or was cut while
    /// it thought.
    private static String content(ChatMessage message) {
        if (message.content() != null) {
            return message.content();
        }
        boolean mayBeEmpty =
                message.role().equals("assistant") && (hasCalls(message) || message.reasoningContent() != null);
        if (!mayBeEmpty) {
            throw Bounds.refuse(message.path() + ".content", message.path() + ".content is required");
        }
        return "";
    }

    private static String callId(ChatMessage message) {
        if (message.toolCallId() == null) {
            throw Bounds.refuse(
                    message.path() + ".tool_call_id",
                    message.path() + ".tool_call_id is required: it names the call that this answers");
        }
        return message.toolCallId();
    }

    private static boolean hasCalls(ChatMessage message) {
        return message.toolCalls() != null && !message.toolCalls().isEmpty();
    }

    private static List<Map<String, Object>> calls(ChatMessage message) {
        var calls = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < message.toolCalls().size(); i++) {
            ChatMessage.ToolCall call = message.toolCalls().get(i);
            String path = message.path() + ".tool_calls[" + i + "]";
            var function = new LinkedHashMap<String, Object>();
            function.put("name", call.name());
            function.put("arguments", arguments(call.arguments(), path + ".function.arguments"));
            var plain = new LinkedHashMap<String, Object>();
            putIfThere(plain, "id", call.id());
            plain.put("type", "function");
            plain.put("function", function);
            calls.add(plain);
        }
        return calls;
    }

    /// Templates are written for an object here, and the wire has a JSON text.
    private static Map<String, Object> arguments(String json, String path) {
        return switch (Checked.of(() -> StrictJson.object(json.getBytes(StandardCharsets.UTF_8)))) {
            case Checked.Accepted<ObjectNode>(ObjectNode object) -> PlainValues.map(object);
            case Checked.Refused<ObjectNode> _ ->
                throw Bounds.refuse(path, path + " must be the JSON text of an object");
        };
    }

    private static void putIfThere(Map<String, Object> map, String key, @Nullable Object value) {
        if (value != null) {
            map.put(key, value);
        }
    }
}
