package io.dipper.inference.validation;

import io.dipper.inference.validation.ValidChat.Calls;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.json.Fields;
import io.dipper.openaiapi.wire.ChatRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Checks `tools`, `tool_choice` and `parallel_tool_calls`, and says what they allow.
final class ToolCheck {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    private final List<Map<String, Object>> tools = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Calls calls;

    ToolCheck(ChatRequest request) {
        List<Fields> sent = request.tools() == null ? List.of() : request.tools();
        for (Fields tool : sent) {
            add(tool);
        }
        boolean one = Boolean.FALSE.equals(request.parallelToolCalls());
        boolean some = choiceAllowsCalls(request.toolChoice()) && !tools.isEmpty();
        this.calls = !some ? Calls.NONE : one ? Calls.ONE : Calls.MANY;
    }

    Calls calls() {
        return calls;
    }

    /// What the model is shown: nothing where it must not call.
    List<Map<String, Object>> shown() {
        return calls == Calls.NONE ? List.of() : tools;
    }

    private void add(Fields tool) {
        String type = tool.requiredText("type");
        if (!type.equals("function")) {
            throw tool.refuse("type", tool.path("type") + " must be function");
        }
        Fields function = tool.requiredObject("function");
        String name = function.requiredText("name");
        if (!NAME.matcher(name).matches()) {
            throw function.refuse(
                    "name", function.path("name") + " must have 1 to 64 letters, digits, underscores or hyphens");
        }
        function.text("description");
        function.flag("strict");
        JsonNode parameters = function.node("parameters");
        if (parameters != null) {
            if (!parameters.isObject()) {
                throw Fields.wrongType(function.path("parameters"), "a JSON schema", parameters);
            }
            SchemaCheck.check(parameters, function.path("parameters"));
        }
        names.add(name);
        tools.add(PlainValues.map(tool.tree()));
    }

    private boolean choiceAllowsCalls(@Nullable JsonNode choice) {
        if (choice == null) {
            return true;
        }
        if (choice.isString()) {
            return switch (choice.stringValue()) {
                case "none" -> false;
                case "auto" -> true;
                case "required" -> throw notServed("tool_choice must be none or auto: required is not served");
                default -> throw Bounds.refuse("tool_choice", "tool_choice must be none, auto, required or a function");
            };
        }
        Fields named = Fields.asObject(choice, "tool_choice");
        if (!named.requiredText("type").equals("function")) {
            throw Bounds.refuse("tool_choice", "tool_choice.type must be function");
        }
        if (!names.contains(named.requiredObject("function").requiredText("name"))) {
            throw Bounds.refuse("tool_choice", "tool_choice must name one of tools");
        }
        throw notServed("tool_choice must be none or auto: a named function is not served");
    }

    private static RefusedException notServed(String message) {
        return new RefusedException(ApiError.unsupported("tool_choice", message));
    }
}
