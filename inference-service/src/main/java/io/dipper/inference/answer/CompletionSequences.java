package io.dipper.inference.answer;

import io.dipper.inference.host.ServedModel;
import io.dipper.inference.prompt.TextPrompt;
import io.dipper.inference.validation.ValidCompletion;
import io.dipper.openaiapi.wire.CompletionReply;
import io.dipper.openaiapi.wire.FinishReason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The sequences of one text completion, numbered by prompt, then by choice, and what its client
/// wants to see of them.
record CompletionSequences(
        List<One> sequences, int prompts, WireScores scores, boolean wantsLogprobs, boolean returnsTokenIds) {

    /// One continuation of one prompt.
    ///
    /// @param echo null where the prompt does not come back
    record One(SequenceText text, int[] promptIds, @Nullable EchoedPrompt echo) {}

    static CompletionSequences of(ServedModel model, ValidCompletion completion, List<TextPrompt> prompts) {
        var generation = completion.generation();
        var sequences = new ArrayList<One>();
        for (TextPrompt prompt : prompts) {
            for (int choice = 0; choice < generation.choices(); choice++) {
                var text = new SequenceText(model.tokenizer(), generation.stops(), generation.wantsLogprobs());
                var echo = completion.echo() ? new EchoedPrompt(model.tokenizer(), prompt.text(), prompt.ids()) : null;
                sequences.add(new One(text, prompt.ids(), echo));
            }
        }
        return new CompletionSequences(
                List.copyOf(sequences),
                prompts.size(),
                new WireScores(model.tokenizer()),
                generation.wantsLogprobs(),
                generation.returnsTokenIds());
    }

    /// What the echo adds to the answer's beginning.
    String echoedText(int sequence) {
        EchoedPrompt echo = sequences.get(sequence).echo();
        return echo == null ? "" : echo.text();
    }

    /// The prompt's ids, where there is but one and the client asked.
    int @Nullable [] onlyPromptIds() {
        return returnsTokenIds && prompts == 1 ? sequences.getFirst().promptIds() : null;
    }

    /// A part of one sequence's answer on the wire.
    ///
    /// @param first whether it is the first of its sequence: the prompt's own tokens come with it
    CompletionReply.Choice choice(int sequence, String text, boolean first, @Nullable FinishReason reason) {
        One one = sequences.get(sequence);
        return new CompletionReply.Choice(
                sequence,
                text,
                wantsLogprobs ? logprobs(one, first) : null,
                reason,
                returnsTokenIds && first ? one.promptIds() : null,
                returnsTokenIds ? one.text().takeIds() : null);
    }

    private CompletionReply.Logprobs logprobs(One one, boolean first) {
        int shift = one.echo() == null ? 0 : one.echo().codePoints();
        var own = scores.completion(one.text().takeScores(), shift);
        return first && one.echo() != null
                ? WireScores.joined(scores.completion(one.echo().scores(), 0), own)
                : own;
    }
}
