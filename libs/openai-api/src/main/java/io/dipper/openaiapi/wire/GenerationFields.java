package io.dipper.openaiapi.wire;

import io.dipper.openaiapi.json.Fields;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The fields that chat and text completions share: how to continue, how long, and how to answer.
/// All are null if absent.
///
/// @param maxTokensField the name under which the limit came
/// @param logitBias by the token id as text, as it was sent
public record GenerationFields(
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Long topK,
        @Nullable Double minP,
        @Nullable Double presencePenalty,
        @Nullable Double frequencyPenalty,
        @Nullable Double repetitionPenalty,
        @Nullable Long seed,
        @Nullable Map<String, Double> logitBias,
        @Nullable Long n,
        @Nullable Long maxTokens,
        String maxTokensField,
        @Nullable Long minTokens,
        @Nullable Boolean ignoreEos,
        @Nullable List<String> stop,
        @Nullable Boolean stream,
        @Nullable StreamOptions streamOptions,
        @Nullable Boolean returnTokenIds) {

    public record StreamOptions(@Nullable Boolean includeUsage) {}

    /// Reads the shared fields.
    ///
    /// @param otherLimit a second name of `max_tokens`, which goes first where both are there
    public static GenerationFields of(Fields fields, String... otherLimit) {
        String limit = "max_tokens";
        Long limitValue = fields.integer(limit);
        for (String other : otherLimit) {
            Long otherValue = fields.integer(other);
            if (otherValue != null) {
                limit = other;
                limitValue = otherValue;
            }
        }
        Fields options = fields.object("stream_options");
        return new GenerationFields(
                fields.number("temperature"),
                fields.number("top_p"),
                fields.integer("top_k"),
                fields.number("min_p"),
                fields.number("presence_penalty"),
                fields.number("frequency_penalty"),
                fields.number("repetition_penalty"),
                fields.integer("seed"),
                biases(fields.object("logit_bias")),
                fields.integer("n"),
                limitValue,
                limit,
                fields.integer("min_tokens"),
                fields.flag("ignore_eos"),
                fields.textOrTexts("stop"),
                fields.flag("stream"),
                options == null ? null : new StreamOptions(options.flag("include_usage")),
                fields.flag("return_token_ids"));
    }

    private static @Nullable Map<String, Double> biases(@Nullable Fields object) {
        if (object == null) {
            return null;
        }
        var biases = new LinkedHashMap<String, Double>();
        for (var entry : object.tree().properties()) {
            biases.put(entry.getKey(), Fields.asNumber(entry.getValue(), "logit_bias"));
        }
        return biases;
    }
}
