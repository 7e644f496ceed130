package io.dipper.inference.prompt;

import io.dipper.inference.host.ServedModel;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import java.nio.charset.StandardCharsets;

/// Texts to token ids, no longer than the model's context.
public final class Prompts {
    private Prompts() {}

    /// The ids of a prompt that leaves room for an answer.
    ///
    /// @param field names it in refusals
    public static int[] encode(ServedModel model, String text, boolean addSpecial, String field) {
        refuseHopeless(model, text, field);
        int[] ids = model.tokenizer().encode(text, addSpecial);
        refuseUnlessRoom(model, ids, field);
        return ids;
    }

    /// Refuses a prompt after which not one token fits.
    public static void refuseUnlessRoom(ServedModel model, int[] ids, String field) {
        int context = model.limits().contextTokens();
        if (ids.length >= context) {
            throw tooLong(field, context, ids.length + " tokens");
        }
        if (ids.length == 0) {
            throw new RefusedException(ApiError.invalid(field, field + " must have at least one token, but has 0"));
        }
    }

    /// A text that cannot fit however it is cut into tokens is not worth the cutting.
    public static void refuseHopeless(ServedModel model, String text, String field) {
        if (text.length() > model.limits().mostPromptBytes()) {
            throw tooLong(
                    field, model.limits().contextTokens(), text.getBytes(StandardCharsets.UTF_8).length + " bytes");
        }
    }

    private static RefusedException tooLong(String field, int context, String value) {
        return new RefusedException(ApiError.contextLengthExceeded(
                field,
                field + " must leave room for an answer in the model's context of " + context + " tokens, but has "
                        + value));
    }
}
