package io.dipper.inference.validation;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.json.Fields;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Fields known from elsewhere that would change the answer and are not served. To ignore them
/// would be to answer something else than was asked.
final class UnservedFields {
    private static final List<String> ANYWHERE = List.of(
            "stop_token_ids",
            "prompt_logprobs",
            "use_beam_search",
            "guided_json",
            "guided_regex",
            "guided_choice",
            "guided_grammar",
            "structured_outputs",
            "structural_tag");

    private static final List<String> IN_CHAT = List.of(
            "functions",
            "function_call",
            "audio",
            "web_search_options",
            "chat_template",
            "continue_final_message",
            "documents",
            "best_of",
            "echo");

    private UnservedFields() {}

    static void refuseInChat(Fields fields) {
        refuse(fields, ANYWHERE);
        refuse(fields, IN_CHAT);
        refuseOtherModalities(fields);
    }

    static void refuseInCompletion(Fields fields) {
        refuse(fields, ANYWHERE);
        responseFormat(fields);
    }

    /// `{"type":"text"}` is what everybody gets; no other format is enforced, so none is taken.
    static void responseFormat(Fields fields) {
        Fields format = fields.object("response_format");
        if (format != null && !format.requiredText("type").equals("text")) {
            throw new RefusedException(ApiError.unsupported(
                    "response_format", "response_format must be of type text: no other is served"));
        }
    }

    private static void refuse(Fields fields, List<String> names) {
        for (String name : names) {
            JsonNode value = fields.node(name);
            boolean off = value == null || (value.isBoolean() && !value.booleanValue());
            if (!off) {
                throw new RefusedException(ApiError.unsupported(name, name + " is not served"));
            }
        }
    }

    private static void refuseOtherModalities(Fields fields) {
        List<String> modalities = fields.textOrTexts("modalities");
        if (modalities != null && !modalities.equals(List.of("text"))) {
            throw new RefusedException(ApiError.unsupported("modalities", "modalities must be [\"text\"]"));
        }
    }
}
