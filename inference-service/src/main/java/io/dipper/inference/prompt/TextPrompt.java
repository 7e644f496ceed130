package io.dipper.inference.prompt;

import io.dipper.inference.host.ServedModel;
import io.dipper.inference.validation.TokenIds;
import io.dipper.openaiapi.wire.CompletionRequest.Prompt;

/// A prompt of a text completion: its text and its ids, whichever of the two was sent.
public record TextPrompt(String text, int[] ids) {

    public static TextPrompt of(ServedModel model, Prompt prompt) {
        return switch (prompt) {
            case Prompt.Text(String text) -> new TextPrompt(text, Prompts.encode(model, text, true, "prompt"));
            case Prompt.Ids(long[] sent) -> {
                int[] ids = TokenIds.check("prompt", sent, model.limits().vocabularySize());
                Prompts.refuseUnlessRoom(model, ids, "prompt");
                yield new TextPrompt(model.tokenizer().decode(ids, false), ids);
            }
        };
    }
}
