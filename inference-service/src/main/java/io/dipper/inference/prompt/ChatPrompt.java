package io.dipper.inference.prompt;

import io.dipper.chat.template.TemplateException;
import io.dipper.inference.host.ServedModel;
import io.dipper.inference.validation.ValidChat;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;

/// What the model sees of a conversation.
public record ChatPrompt(String text, int[] ids) {

    /// Renders the conversation and cuts it into tokens.
    ///
    /// @throws RefusedException if the template refuses the conversation, or no room is left for an
    ///     answer
    public static ChatPrompt render(ServedModel model, ValidChat chat, Clock clock) {
        String text = text(model, chat, clock);
        return new ChatPrompt(text, Prompts.encode(model, text, false, "messages"));
    }

    private static String text(ServedModel model, ValidChat chat, Clock clock) {
        Map<String, Object> variables = new LinkedHashMap<>(model.templateVariables());
        variables.putAll(chat.templateOptions());
        variables.put("messages", chat.messages());
        if (!chat.tools().isEmpty()) {
            variables.put("tools", chat.tools());
        }
        variables.put("add_generation_prompt", true);
        try {
            return model.template().render(variables, clock);
        } catch (TemplateException e) {
            throw new RefusedException(ApiError.invalid(
                    "messages", "messages must be a conversation that the model's chat template takes"));
        }
    }
}
