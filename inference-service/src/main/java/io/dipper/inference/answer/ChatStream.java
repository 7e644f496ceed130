package io.dipper.inference.answer;

import io.dipper.engine.Event;
import io.dipper.inference.validation.Generation.Delivery;
import io.dipper.inference.web.Answer.FrameSink;
import io.dipper.inference.web.ClientGoneException;
import io.dipper.openaiapi.sse.SseFrames;
import io.dipper.openaiapi.wire.ChatChunk;
import io.dipper.openaiapi.wire.ChatChunk.Delta;
import io.dipper.openaiapi.wire.ChatLogprobs;
import io.dipper.openaiapi.wire.FinishReason;
import io.dipper.openaiapi.wire.StreamUsage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sends deltas as they come. For each index: a chunk with the role, the deltas, an empty delta
/// with the reason.
final class ChatStream implements SequenceRun.AnswerBuilder {
    private static final byte[] PING = SseFrames.comment("ping");
    private static final int[] NO_IDS = {};

    private final ChatSequences sequences;
    private final AnswerHead head;
    private final Delivery delivery;
    private final FrameSink frames;
    private final boolean[] begun;
    private boolean promptIdsSent;

    ChatStream(ChatSequences sequences, AnswerHead head, Delivery delivery, FrameSink frames) {
        this.sequences = sequences;
        this.head = head;
        this.delivery = delivery;
        this.frames = frames;
        this.begun = new boolean[sequences.choices().size()];
    }

    @Override
    public boolean token(int sequence, Event.Token token) throws InterruptedException, ClientGoneException {
        ChatChoice choice = sequences.choices().get(sequence);
        List<Delta> deltas = choice.accept(token);
        begin(sequence);
        send(sequence, deltas);
        return choice.isComplete();
    }

    @Override
    public boolean reasons(int sequence) {
        return sequences.choices().get(sequence).reasons();
    }

    @Override
    public void endToken(int sequence, Event.Token token) {
        sequences.choices().get(sequence).acceptEnd(token);
    }

    @Override
    public void end(int sequence, FinishReason reason) throws InterruptedException, ClientGoneException {
        ChatChoice choice = sequences.choices().get(sequence);
        begin(sequence);
        send(sequence, choice.finish());
        List<TokenScore> late = choice.text().takeScores();
        if (!late.isEmpty()) {
            chunk(sequence, Delta.content(""), late, null);
        }
        chunk(sequence, Delta.EMPTY, List.of(), choice.reason(reason));
    }

    @Override
    public void silence() throws InterruptedException, ClientGoneException {
        frames.send(PING);
    }

    @Override
    public long sent() {
        return frames.sent();
    }

    /// The stream's last frames.
    void close(UsageCount usage) throws InterruptedException, ClientGoneException {
        if (delivery == Delivery.STREAM_WITH_USAGE) {
            frames.send(SseFrames.data(chunk(List.of(), new StreamUsage(usage.wire()))));
        }
        frames.send(SseFrames.done());
    }

    private void begin(int sequence) throws InterruptedException, ClientGoneException {
        if (!begun[sequence]) {
            begun[sequence] = true;
            var choice = new ChatChunk.Choice(
                    sequence, Delta.role("assistant"), null, null, sequences.returnsTokenIds() ? NO_IDS : null);
            send(choice);
        }
    }

    private void send(int sequence, List<Delta> deltas) throws InterruptedException, ClientGoneException {
        for (Delta delta : deltas) {
            chunk(sequence, delta, sequences.choices().get(sequence).text().takeScores(), null);
        }
    }

    private void chunk(int sequence, Delta delta, List<TokenScore> scores, @Nullable FinishReason reason)
            throws InterruptedException, ClientGoneException {
        SequenceText text = sequences.choices().get(sequence).text();
        ChatLogprobs logprobs = scores.isEmpty() ? null : sequences.logprobs(scores);
        int[] ids = sequences.returnsTokenIds() ? text.takeIds() : null;
        send(new ChatChunk.Choice(sequence, delta, logprobs, reason, ids));
    }

    private void send(ChatChunk.Choice choice) throws InterruptedException, ClientGoneException {
        StreamUsage usage = delivery == Delivery.STREAM_WITH_USAGE ? StreamUsage.LATER : null;
        frames.send(SseFrames.data(chunk(List.of(choice), usage)));
    }

    private ChatChunk chunk(List<ChatChunk.Choice> choices, @Nullable StreamUsage usage) {
        boolean first = !promptIdsSent;
        promptIdsSent = true;
        return new ChatChunk(
                head.id(),
                ChatChunk.OBJECT,
                head.created(),
                head.model(),
                head.systemFingerprint(),
                choices,
                usage,
                first && sequences.returnsTokenIds() ? sequences.promptIds() : null);
    }
}
