package io.dipper.openaiapi.wire;

import io.dipper.openaiapi.Checked;
import io.dipper.openaiapi.json.Fields;
import io.dipper.openaiapi.json.StrictJson;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Bodies and answers of `/tokenize`, `/detokenize` and the render route.
public final class TokenRequests {
    private TokenRequests() {}

    /// The body of `POST /tokenize`.
    ///
    /// @param addSpecialTokens whether the tokenizer's own leading and trailing tokens are wanted;
    ///     on unless said
    public record Tokenize(@Nullable String model, String prompt, boolean addSpecialTokens) {
        public static Checked<Tokenize> read(byte[] body) {
            return StrictJson.read(body, fields -> {
                Boolean special = fields.flag("add_special_tokens");
                return new Tokenize(fields.text("model"), fields.requiredText("prompt"), special == null || special);
            });
        }
    }

    public record Tokens(int[] tokens, int count, int maxModelLen) {}

    public record Detokenize(@Nullable String model, long[] tokens) {
        public static Checked<Detokenize> read(byte[] body) {
            return StrictJson.read(body, fields -> {
                String model = fields.text("model");
                JsonNode tokens = fields.node("tokens");
                if (tokens == null) {
                    throw fields.refuse("tokens", "tokens is required");
                }
                if (!tokens.isArray()) {
                    throw Fields.wrongType("tokens", "a list of token ids", tokens);
                }
                return new Detokenize(model, CompletionRequest.ids(tokens, "tokens"));
            });
        }
    }

    public record Text(String prompt) {}

    /// What the model would see.
    public record Rendered(String prompt, int[] tokenIds) {}
}
