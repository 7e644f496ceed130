package io.dipper.inference.answer;

import io.dipper.chat.parse.Part;
import io.dipper.chat.parse.ReplyParser;
import io.dipper.engine.Event;
import io.dipper.inference.validation.ValidChat.Calls;
import io.dipper.openaiapi.wire.ChatChunk.CallDelta;
import io.dipper.openaiapi.wire.ChatChunk.Delta;
import io.dipper.openaiapi.wire.FinishReason;
import java.util.ArrayList;
import java.util.List;

/// One of the `n` answers of a chat, from tokens to deltas. Streams send the deltas, whole replies
/// join them; so both say the same.
final class ChatChoice {
    private final SequenceText text;
    private final ReplyParser parser;
    private final Calls calls;
    private int callsBegun;
    private boolean reasons;

    ChatChoice(SequenceText text, ReplyParser parser, Calls calls) {
        this.text = text;
        this.parser = parser;
        this.calls = calls;
    }

    SequenceText text() {
        return text;
    }

    List<Delta> accept(Event.Token token) {
        return deltas(parser.accept(text.accept(token)));
    }

    void acceptEnd(Event.Token token) {
        text.acceptEnd(token);
    }

    /// What is left to say when no more tokens come.
    List<Delta> finish() {
        var parts = new ArrayList<>(parser.accept(text.finish()));
        parts.addAll(parser.finish());
        return deltas(parts);
    }

    /// Whether the answer is complete, whatever else the model would write.
    boolean isComplete() {
        return text.hasStopped() || hasCallsEnough();
    }

    /// Whether the last token was part of the model's thinking.
    boolean reasons() {
        return reasons;
    }

    FinishReason reason(FinishReason ended) {
        return ended == FinishReason.STOP && callsBegun > 0 ? FinishReason.TOOL_CALLS : ended;
    }

    private boolean hasCallsEnough() {
        return calls == Calls.ONE && callsBegun > 1;
    }

    private List<Delta> deltas(List<Part> parts) {
        var deltas = new ArrayList<Delta>(parts.size());
        for (Part part : parts) {
            switch (part) {
                case Part.Reasoning(String piece) -> {
                    reasons = true;
                    deltas.add(Delta.reasoning(piece));
                }
                case Part.Content(String piece) -> {
                    reasons = false;
                    deltas.add(Delta.content(piece));
                }
                case Part.CallStart(int index, String name) -> {
                    reasons = false;
                    callsBegun++;
                    if (!hasCallsEnough()) {
                        deltas.add(Delta.call(CallDelta.start(index, UniqueIds.call(), name)));
                    }
                }
                case Part.CallArguments(int index, String fragment) -> {
                    if (!hasCallsEnough()) {
                        deltas.add(Delta.call(CallDelta.arguments(index, fragment)));
                    }
                }
            }
        }
        return deltas;
    }
}
