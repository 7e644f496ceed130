package io.dipper.inference.answer;

import io.dipper.engine.Event;
import io.dipper.openaiapi.wire.ChatChunk;
import io.dipper.openaiapi.wire.ChatChunk.CallDelta;
import io.dipper.openaiapi.wire.ChatChunk.Delta;
import io.dipper.openaiapi.wire.ChatLogprobs;
import io.dipper.openaiapi.wire.ChatReply;
import io.dipper.openaiapi.wire.FinishReason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Joins deltas to a whole chat reply.
final class ChatAnswer implements SequenceRun.AnswerBuilder {
    private final ChatSequences sequences;
    private final List<Draft> drafts = new ArrayList<>();

    ChatAnswer(ChatSequences sequences) {
        this.sequences = sequences;
        sequences.choices().forEach(choice -> drafts.add(new Draft(choice)));
    }

    @Override
    public boolean token(int sequence, Event.Token token) {
        return drafts.get(sequence).add(token);
    }

    @Override
    public boolean reasons(int sequence) {
        return drafts.get(sequence).choice.reasons();
    }

    @Override
    public void endToken(int sequence, Event.Token token) {
        drafts.get(sequence).choice.acceptEnd(token);
    }

    @Override
    public void end(int sequence, FinishReason reason) {
        drafts.get(sequence).finish(reason);
    }

    ChatReply reply(AnswerHead head, UsageCount usage) {
        var choices = new ArrayList<ChatReply.Choice>();
        for (int index = 0; index < drafts.size(); index++) {
            choices.add(drafts.get(index).choice(index));
        }
        return new ChatReply(
                head.id(),
                ChatReply.OBJECT,
                head.created(),
                head.model(),
                head.systemFingerprint(),
                choices,
                usage.wire(),
                sequences.returnsTokenIds() ? sequences.promptIds() : null);
    }

    private final class Draft {
        private final ChatChoice choice;
        private final StringBuilder content = new StringBuilder();
        private final StringBuilder reasoning = new StringBuilder();
        private final List<CallDraft> calls = new ArrayList<>();
        private @Nullable FinishReason reason;

        Draft(ChatChoice choice) {
            this.choice = choice;
        }

        boolean add(Event.Token token) {
            choice.accept(token).forEach(this::add);
            return choice.isComplete();
        }

        void finish(FinishReason ended) {
            choice.finish().forEach(this::add);
            reason = choice.reason(ended);
        }

        private void add(Delta delta) {
            if (delta.content() != null) {
                content.append(delta.content());
            }
            if (delta.reasoningContent() != null) {
                reasoning.append(delta.reasoningContent());
            }
            if (delta.toolCalls() != null) {
                delta.toolCalls().forEach(this::add);
            }
        }

        private void add(CallDelta call) {
            ChatChunk.FunctionDelta function = call.function();
            if (call.id() != null) {
                calls.add(new CallDraft(call.id(), function.name(), new StringBuilder()));
            }
            calls.get(call.index()).arguments().append(function.arguments());
        }

        ChatReply.Choice choice(int index) {
            List<ChatReply.ToolCall> wireCalls =
                    calls.stream().map(CallDraft::wire).toList();
            boolean saysNothing = content.isEmpty() && !(wireCalls.isEmpty() && reasoning.isEmpty());
            var message = new ChatReply.Message(
                    "assistant",
                    saysNothing ? null : content.toString(),
                    null,
                    reasoning.isEmpty() ? null : reasoning.toString(),
                    wireCalls.isEmpty() ? null : wireCalls);
            ChatLogprobs logprobs = sequences.logprobs(choice.text().takeScores());
            int[] ids = sequences.returnsTokenIds() ? choice.text().takeIds() : null;
            return new ChatReply.Choice(index, message, logprobs, reason, ids);
        }
    }

    private record CallDraft(String id, String name, StringBuilder arguments) {
        ChatReply.ToolCall wire() {
            return ChatReply.ToolCall.function(id, name, arguments.toString());
        }
    }
}
