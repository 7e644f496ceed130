package io.dipper.inference.validation;

import io.dipper.engine.Sampling;
import io.dipper.openaiapi.Checked;
import io.dipper.openaiapi.json.Fields;
import io.dipper.openaiapi.wire.ChatRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// `ChatRequest` (wire) → `ValidChat` (domain), or the refusal that names field, limit and value.
public final class ChatValidation {
    private final RandomGenerator seeds;

    /// Seeds for requests that bring none come from `seeds`.
    public ChatValidation(RandomGenerator seeds) {
        this.seeds = seeds;
    }

    public Checked<ValidChat> validate(ChatRequest request, ModelLimits limits) {
        return Checked.of(() -> check(request, limits));
    }

    private ValidChat check(ChatRequest request, ModelLimits limits) {
        UnservedFields.refuseInChat(request.fields());
        UnusedFields.check(request.fields());
        UnservedFields.responseFormat(request.fields());
        var messages = MessageCheck.check(request.messages(), limits);
        var tools = new ToolCheck(request);
        var generation = new GenerationCheck(request.generation(), limits, seeds)
                .check(topLogprobs(request), 1, Generation.AS_CONTEXT_ALLOWS);
        return new ValidChat(
                messages, tools.shown(), templateOptions(request.templateOptions(), limits), tools.calls(), generation);
    }

    private static int topLogprobs(ChatRequest request) {
        boolean wanted = Boolean.TRUE.equals(request.logprobs());
        int top = Bounds.integer("top_logprobs", request.topLogprobs(), 0, GenerationCheck.MAX_TOP_LOGPROBS, 0);
        if (request.topLogprobs() != null && !wanted) {
            throw Bounds.refuse("top_logprobs", "top_logprobs is only taken together with logprobs: true");
        }
        return wanted ? top : Sampling.NO_LOGPROBS;
    }

    /// An allow-list: a template reads the conversation from variables too, and those are not the
    /// client's to replace.
    private static Map<String, Object> templateOptions(@Nullable Fields sent, ModelLimits limits) {
        var options = new LinkedHashMap<String, Object>();
        if (sent == null) {
            return options;
        }
        for (var entry : sent.tree().properties()) {
            if (!limits.templateOptions().contains(entry.getKey())) {
                throw Bounds.refuse(
                        "chat_template_kwargs",
                        "chat_template_kwargs must only have options of the model's template: "
                                + String.join(
                                        ", ",
                                        limits.templateOptions().stream()
                                                .sorted()
                                                .toList()));
            }
            JsonNode value = entry.getValue();
            if (entry.getKey().equals(ModelLimits.ENABLE_THINKING) && !value.isBoolean() && !value.isNull()) {
                throw Fields.wrongType("chat_template_kwargs." + ModelLimits.ENABLE_THINKING, "true or false", value);
            }
            if (!value.isNull()) {
                options.put(entry.getKey(), PlainValues.of(value));
            }
        }
        return options;
    }
}
