package io.dipper.inference.answer;

import io.dipper.chat.parse.ReplyParser;
import io.dipper.inference.host.ServedModel;
import io.dipper.inference.validation.ValidChat;
import io.dipper.openaiapi.wire.ChatLogprobs;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The choices of one chat request, and what its client wants to see of them.
///
/// @param promptIds what the model saw
record ChatSequences(
        List<ChatChoice> choices, int[] promptIds, WireScores scores, boolean wantsLogprobs, boolean returnsTokenIds) {

    static ChatSequences of(ServedModel model, ValidChat chat, String prompt, int[] promptIds) {
        var generation = chat.generation();
        var choices = new ArrayList<ChatChoice>();
        for (int i = 0; i < generation.choices(); i++) {
            var text = new SequenceText(model.tokenizer(), generation.stops(), generation.wantsLogprobs());
            choices.add(new ChatChoice(text, parser(model, chat, prompt), chat.calls()));
        }
        return new ChatSequences(
                List.copyOf(choices),
                promptIds,
                new WireScores(model.tokenizer()),
                generation.wantsLogprobs(),
                generation.returnsTokenIds());
    }

    /// Null where the client did not ask.
    @Nullable
    ChatLogprobs logprobs(List<TokenScore> taken) {
        return wantsLogprobs ? scores.chat(taken) : null;
    }

    private static ReplyParser parser(ServedModel model, ValidChat chat, String prompt) {
        return new ReplyParser(model.replyFormat(), prompt, chat.calls() != ValidChat.Calls.NONE);
    }
}
