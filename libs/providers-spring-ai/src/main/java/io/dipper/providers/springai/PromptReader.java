package io.dipper.providers.springai;

import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.json.Fields;
import io.dipper.openaiapi.wire.ChatMessage;
import io.dipper.openaiapi.wire.ChatRequest;
import io.dipper.openaiapi.wire.GenerationFields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;

/// A chat request as Spring AI's prompt. What Spring AI has no words for is refused by its name: an
/// answer that silently ignores a field would be a wrong one.
final class PromptReader {

    private static final int MOST_TOKENS = 1 << 24;

    private final ChatRequest request;

    private PromptReader(ChatRequest request) {
        this.request = request;
    }

    /// @throws RefusedException naming the field
    static Prompt read(ChatRequest request, ChatOptions defaults) {
        return new PromptReader(request).read(defaults);
    }

    private Prompt read(ChatOptions defaults) {
        if (request.messages() == null || request.messages().isEmpty()) {
            throw request.fields().refuse("messages", "messages must hold one message at least");
        }
        refuseUnspoken();
        return new Prompt(messages(), options(defaults));
    }

    private void refuseUnspoken() {
        GenerationFields generation = request.generation();
        refuse(generation.n() != null && generation.n() != 1, "n");
        refuse(Boolean.TRUE.equals(request.logprobs()), "logprobs");
        refuse(generation.seed() != null, "seed");
        refuse(generation.logitBias() != null && !generation.logitBias().isEmpty(), "logit_bias");
        refuse(generation.minP() != null, "min_p");
        refuse(generation.repetitionPenalty() != null, "repetition_penalty");
        refuse(generation.minTokens() != null, "min_tokens");
        refuse(Boolean.TRUE.equals(generation.ignoreEos()), "ignore_eos");
        refuse(Boolean.TRUE.equals(generation.returnTokenIds()), "return_token_ids");
        refuse(request.responseFormat() != null, "response_format");
        refuse(request.templateOptions() != null, "chat_template_kwargs");
        boolean choosesFreely = request.toolChoice() == null
                || (request.toolChoice().isString()
                        && List.of("auto", "none").contains(request.toolChoice().stringValue()));
        refuse(!choosesFreely, "tool_choice");
    }

    private void refuse(boolean given, String field) {
        if (given) {
            throw request.fields().refuse(field, field + " is not supported by this model's provider");
        }
    }

    private List<Message> messages() {
        List<Message> messages = new ArrayList<>();
        Map<String, String> calledBy = new HashMap<>();
        for (ChatMessage message : request.messages()) {
            String text = message.content() == null ? "" : message.content();
            messages.add(
                    switch (message.role()) {
                        case "system", "developer" -> new SystemMessage(text);
                        case "user" -> new UserMessage(text);
                        case "assistant" -> assistant(message, text, calledBy);
                        case "tool" -> result(message, text, calledBy);
                        default ->
                            throw request.fields()
                                    .refuse(
                                            message.path() + ".role",
                                            message.path()
                                                    + ".role must be system, developer, user, assistant or tool");
                    });
        }
        return messages;
    }

    private static Message assistant(ChatMessage message, String text, Map<String, String> calledBy) {
        List<AssistantMessage.ToolCall> calls = new ArrayList<>();
        if (message.toolCalls() != null) {
            for (ChatMessage.ToolCall call : message.toolCalls()) {
                String id = call.id() == null ? "" : call.id();
                calledBy.put(id, call.name());
                calls.add(new AssistantMessage.ToolCall(id, "function", call.name(), call.arguments()));
            }
        }
        return AssistantMessage.builder().content(text).toolCalls(calls).build();
    }

    private Message result(ChatMessage message, String text, Map<String, String> calledBy) {
        if (message.toolCallId() == null) {
            throw request.fields()
                    .refuse(message.path() + ".tool_call_id", message.path() + ".tool_call_id is missing");
        }
        String name = calledBy.getOrDefault(message.toolCallId(), "");
        return ToolResponseMessage.builder()
                .responses(List.of(new ToolResponseMessage.ToolResponse(message.toolCallId(), name, text)))
                .build();
    }

    private ChatOptions options(ChatOptions defaults) {
        GenerationFields generation = request.generation();
        ChatOptions.Builder<?> options = defaults.mutate();
        if (generation.temperature() != null) {
            options.temperature(ranged(generation.temperature(), "temperature", 0, 2));
        }
        if (generation.topP() != null) {
            options.topP(ranged(generation.topP(), "top_p", 0, 1));
        }
        if (generation.topK() != null) {
            options.topK(count(generation.topK(), "top_k"));
        }
        if (generation.maxTokens() != null) {
            options.maxTokens(count(generation.maxTokens(), generation.maxTokensField()));
        }
        if (generation.presencePenalty() != null) {
            options.presencePenalty(ranged(generation.presencePenalty(), "presence_penalty", -2, 2));
        }
        if (generation.frequencyPenalty() != null) {
            options.frequencyPenalty(ranged(generation.frequencyPenalty(), "frequency_penalty", -2, 2));
        }
        if (generation.stop() != null && !generation.stop().isEmpty()) {
            options.stopSequences(generation.stop());
        }
        tools(options);
        return options.build();
    }

    private void tools(ChatOptions.Builder<?> options) {
        boolean none = request.toolChoice() != null
                && request.toolChoice().isString()
                && request.toolChoice().stringValue().equals("none");
        if (request.tools() == null || request.tools().isEmpty() || none) {
            return;
        }
        if (!(options instanceof ToolCallingChatOptions.Builder<?> withTools)) {
            throw request.fields().refuse("tools", "tools are not supported by this model's provider");
        }
        List<ToolCallback> callbacks = new ArrayList<>();
        for (Fields tool : request.tools()) {
            Fields function = tool.requiredObject("function");
            Fields parameters = function.object("parameters");
            callbacks.add(new DeclaredTool(
                    function.requiredText("name"),
                    function.text("description"),
                    parameters == null
                            ? "{\"type\":\"object\",\"properties\":{}}"
                            : parameters.tree().toString()));
        }
        withTools.toolCallbacks(callbacks);
    }

    private double ranged(double value, String field, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw request.fields().refuse(field, field + " must be from " + least + " to " + most + ", it is " + value);
        }
        return value;
    }

    private int count(long value, String field) {
        if (value < 1 || value > MOST_TOKENS) {
            throw request.fields().refuse(field, field + " must be from 1 to " + MOST_TOKENS + ", it is " + value);
        }
        return (int) value;
    }
}
