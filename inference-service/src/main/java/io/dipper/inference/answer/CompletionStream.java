package io.dipper.inference.answer;

import io.dipper.engine.Event;
import io.dipper.inference.validation.Generation.Delivery;
import io.dipper.inference.web.Answer.FrameSink;
import io.dipper.inference.web.ClientGoneException;
import io.dipper.openaiapi.sse.SseFrames;
import io.dipper.openaiapi.wire.CompletionReply;
import io.dipper.openaiapi.wire.FinishReason;
import io.dipper.openaiapi.wire.StreamUsage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sends the text of completions as it comes. For each index: the echoed prompt if there is one,
/// pieces of text, an empty piece with the reason.
final class CompletionStream implements SequenceRun.AnswerBuilder {
    private static final byte[] PING = SseFrames.comment("ping");

    private final CompletionSequences sequences;
    private final AnswerHead head;
    private final Delivery delivery;
    private final FrameSink frames;
    private final boolean[] begun;
    private boolean promptIdsSent;

    CompletionStream(CompletionSequences sequences, AnswerHead head, Delivery delivery, FrameSink frames) {
        this.sequences = sequences;
        this.head = head;
        this.delivery = delivery;
        this.frames = frames;
        this.begun = new boolean[sequences.sequences().size()];
    }

    @Override
    public void scored(int sequence, Event.Scored scored) {
        sequences.sequences().get(sequence).echo().add(scored);
    }

    @Override
    public boolean token(int sequence, Event.Token token) throws InterruptedException, ClientGoneException {
        begin(sequence);
        SequenceText text = sequences.sequences().get(sequence).text();
        String piece = text.accept(token);
        if (!piece.isEmpty()) {
            chunk(sequence, piece, null);
        }
        return text.hasStopped();
    }

    @Override
    public void endToken(int sequence, Event.Token token) {
        sequences.sequences().get(sequence).text().acceptEnd(token);
    }

    @Override
    public void end(int sequence, FinishReason reason) throws InterruptedException, ClientGoneException {
        begin(sequence);
        // The last scores and ids travel with the last piece, which may be empty.
        chunk(sequence, sequences.sequences().get(sequence).text().finish(), reason);
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
            send(List.of(), new StreamUsage(usage.wire()));
        }
        frames.send(SseFrames.done());
    }

    private void begin(int sequence) throws InterruptedException, ClientGoneException {
        if (!begun[sequence] && sequences.sequences().get(sequence).echo() != null) {
            chunk(sequence, sequences.echoedText(sequence), null);
        }
    }

    private void chunk(int sequence, String text, @Nullable FinishReason reason)
            throws InterruptedException, ClientGoneException {
        boolean first = !begun[sequence];
        begun[sequence] = true;
        var choice = sequences.choice(sequence, text, first, reason);
        send(List.of(choice), delivery == Delivery.STREAM_WITH_USAGE ? StreamUsage.LATER : null);
    }

    private void send(List<CompletionReply.Choice> choices, @Nullable StreamUsage usage)
            throws InterruptedException, ClientGoneException {
        frames.send(SseFrames.data(new CompletionReply(
                head.id(),
                CompletionReply.OBJECT,
                head.created(),
                head.model(),
                head.systemFingerprint(),
                choices,
                usage,
                takePromptIds())));
    }

    /// The first chunk has them.
    private int @Nullable [] takePromptIds() {
        boolean first = !promptIdsSent;
        promptIdsSent = true;
        return first ? sequences.onlyPromptIds() : null;
    }
}
