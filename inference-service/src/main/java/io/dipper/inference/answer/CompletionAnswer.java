package io.dipper.inference.answer;

import io.dipper.engine.Event;
import io.dipper.openaiapi.wire.CompletionReply;
import io.dipper.openaiapi.wire.FinishReason;
import io.dipper.openaiapi.wire.StreamUsage;
import java.util.ArrayList;
import java.util.List;

/// Joins the pieces of a text completion to a whole reply.
final class CompletionAnswer implements SequenceRun.AnswerBuilder {
    private final CompletionSequences sequences;
    private final List<StringBuilder> texts = new ArrayList<>();
    private final FinishReason[] reasons;

    CompletionAnswer(CompletionSequences sequences) {
        this.sequences = sequences;
        int count = sequences.sequences().size();
        this.reasons = new FinishReason[count];
        for (int i = 0; i < count; i++) {
            texts.add(new StringBuilder(sequences.echoedText(i)));
        }
    }

    @Override
    public void scored(int sequence, Event.Scored scored) {
        sequences.sequences().get(sequence).echo().add(scored);
    }

    @Override
    public boolean token(int sequence, Event.Token token) {
        SequenceText text = sequences.sequences().get(sequence).text();
        texts.get(sequence).append(text.accept(token));
        return text.hasStopped();
    }

    @Override
    public void endToken(int sequence, Event.Token token) {
        sequences.sequences().get(sequence).text().acceptEnd(token);
    }

    @Override
    public void end(int sequence, FinishReason reason) {
        texts.get(sequence).append(sequences.sequences().get(sequence).text().finish());
        reasons[sequence] = reason;
    }

    CompletionReply reply(AnswerHead head, UsageCount usage) {
        var choices = new ArrayList<CompletionReply.Choice>();
        for (int i = 0; i < reasons.length; i++) {
            choices.add(sequences.choice(i, texts.get(i).toString(), true, reasons[i]));
        }
        return new CompletionReply(
                head.id(),
                CompletionReply.OBJECT,
                head.created(),
                head.model(),
                head.systemFingerprint(),
                choices,
                new StreamUsage(usage.wire()),
                sequences.onlyPromptIds());
    }
}
