package io.dipper.providers.springai;

import io.dipper.openaiapi.wire.ChatChunk;
import io.dipper.openaiapi.wire.ChatReply;
import io.dipper.openaiapi.wire.FinishReason;
import io.dipper.openaiapi.wire.StreamUsage;
import io.dipper.openaiapi.wire.Usage;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;

/// One answer as it grows, from Spring AI's pieces to OpenAI's wire. For one subscriber.
final class AnswerState {

    private static final String FINGERPRINT = "spring-ai";

    private final String id = "chatcmpl-" + UUID.randomUUID().toString().replace("-", "");
    private final long created = Instant.now().getEpochSecond();
    private final String model;
    private final boolean withUsage;
    private final StringBuilder text = new StringBuilder();
    private final List<ChatReply.ToolCall> calls = new ArrayList<>();
    private @Nullable FinishReason finish;
    private int promptTokens;
    private int completionTokens;

    AnswerState(String model, boolean withUsage) {
        this.model = model;
        this.withUsage = withUsage;
    }

    ChatChunk role() {
        return chunk(ChatChunk.Delta.role("assistant"), null);
    }

    /// Takes a piece and returns the chunks that it becomes.
    List<ChatChunk> accept(ChatResponse piece) {
        List<ChatChunk> chunks = new ArrayList<>();
        var usage = piece.getMetadata().getUsage();
        if (usage != null && usage.getTotalTokens() != null && usage.getTotalTokens() > 0) {
            promptTokens = usage.getPromptTokens();
            completionTokens = usage.getCompletionTokens();
        }
        for (Generation generation : piece.getResults()) {
            AssistantMessage message = generation.getOutput();
            if (message.getText() != null && !message.getText().isEmpty()) {
                text.append(message.getText());
                chunks.add(chunk(ChatChunk.Delta.content(message.getText()), null));
            }
            for (AssistantMessage.ToolCall call : message.getToolCalls()) {
                chunks.addAll(call(call));
            }
            String reason = generation.getMetadata().getFinishReason();
            if (reason != null && !reason.isBlank()) {
                finish = reason.toLowerCase(Locale.ROOT).contains("length") ? FinishReason.LENGTH : FinishReason.STOP;
            }
        }
        return chunks;
    }

    private List<ChatChunk> call(AssistantMessage.ToolCall call) {
        // Some providers leave ids out; the client needs one to answer to.
        String callId = call.id() == null || call.id().isBlank() ? "call_" + UUID.randomUUID() : call.id();
        int index = calls.size();
        calls.add(ChatReply.ToolCall.function(callId, call.name(), call.arguments()));
        return List.of(
                chunk(ChatChunk.Delta.call(ChatChunk.CallDelta.start(index, callId, call.name())), null),
                chunk(ChatChunk.Delta.call(ChatChunk.CallDelta.arguments(index, call.arguments())), null));
    }

    /// The chunks that end a stream.
    ///
    /// @throws IOException if the provider never said that the answer is whole
    List<ChatChunk> end() throws IOException {
        List<ChatChunk> chunks = new ArrayList<>();
        chunks.add(chunk(ChatChunk.Delta.EMPTY, finished()));
        if (withUsage) {
            chunks.add(new ChatChunk(
                    id, ChatChunk.OBJECT, created, model, FINGERPRINT, List.of(), new StreamUsage(usage()), null));
        }
        return chunks;
    }

    /// The answer in one piece.
    ///
    /// @throws IOException if the provider never said that the answer is whole
    ChatReply whole() throws IOException {
        FinishReason reason = finished();
        String content = text.isEmpty() && !calls.isEmpty() ? null : text.toString();
        var message =
                new ChatReply.Message("assistant", content, null, null, calls.isEmpty() ? null : List.copyOf(calls));
        return new ChatReply(
                id,
                ChatReply.OBJECT,
                created,
                model,
                FINGERPRINT,
                List.of(new ChatReply.Choice(0, message, null, reason, null)),
                usage(),
                null);
    }

    private FinishReason finished() throws IOException {
        if (finish == null) {
            throw new IOException("the provider's answer ended early");
        }
        return calls.isEmpty() || finish == FinishReason.LENGTH ? finish : FinishReason.TOOL_CALLS;
    }

    private Usage usage() {
        return Usage.of(promptTokens, 0, completionTokens, 0);
    }

    private ChatChunk chunk(ChatChunk.Delta delta, @Nullable FinishReason reason) {
        return new ChatChunk(
                id,
                ChatChunk.OBJECT,
                created,
                model,
                FINGERPRINT,
                List.of(new ChatChunk.Choice(0, delta, null, reason, null)),
                withUsage ? StreamUsage.LATER : null,
                null);
    }
}
