package io.dipper.openaiapi.wire;

import io.dipper.openaiapi.Checked;
import io.dipper.openaiapi.json.Fields;
import io.dipper.openaiapi.json.StrictJson;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The body of `POST /v1/chat/completions`: right types, nothing more. Ranges, names and what is
/// served are the service's to check.
///
/// @param messages null if absent
/// @param tools as sent, for the template; each entry is an object
/// @param toolChoice a text or an object
/// @param templateOptions `chat_template_kwargs`
public record ChatRequest(
        @Nullable String model,
        @Nullable List<ChatMessage> messages,
        GenerationFields generation,
        @Nullable Boolean logprobs,
        @Nullable Long topLogprobs,
        @Nullable List<Fields> tools,
        @Nullable JsonNode toolChoice,
        @Nullable Boolean parallelToolCalls,
        @Nullable Fields responseFormat,
        @Nullable Fields templateOptions,
        Fields fields) {

    public static Checked<ChatRequest> read(byte[] body) {
        return StrictJson.read(body, ChatRequest::of);
    }

    public static ChatRequest of(Fields fields) {
        return new ChatRequest(
                fields.text("model"),
                ChatMessage.list(fields, "messages"),
                GenerationFields.of(fields, "max_completion_tokens"),
                fields.flag("logprobs"),
                fields.integer("top_logprobs"),
                fields.objects("tools"),
                fields.node("tool_choice"),
                fields.flag("parallel_tool_calls"),
                fields.object("response_format"),
                fields.object("chat_template_kwargs"),
                fields);
    }
}
