package io.dipper.inference.validation;

import io.dipper.engine.Sampling;
import io.dipper.inference.validation.Generation.Delivery;
import io.dipper.inference.validation.ModelLimits.SamplingDefaults;
import io.dipper.openaiapi.wire.GenerationFields;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Checks the fields that chat and text completions share.
final class GenerationCheck {
    static final int MAX_CHOICES = 128;
    static final int MAX_TOP_LOGPROBS = Sampling.MAX_TOP_LOGPROBS;
    static final int MAX_STOPS = 64;
    static final int MAX_STOP_CHARACTERS = 16_384;
    static final int MAX_BIASES = 4_096;
    static final double MAX_REPETITION_PENALTY = 10;
    static final double MIN_REPETITION_PENALTY = 0.01;

    private static final Pattern TOKEN_ID = Pattern.compile("0|[1-9][0-9]{0,8}");

    private final GenerationFields fields;
    private final ModelLimits limits;
    private final RandomGenerator seeds;

    /// Seeds for requests without one come from `seeds`.
    GenerationCheck(GenerationFields fields, ModelLimits limits, RandomGenerator seeds) {
        this.fields = fields;
        this.limits = limits;
        this.seeds = seeds;
    }

    /// Checks all of it.
    ///
    /// @param leastTokens 1, or 0 where a prompt may be scored without an answer
    Generation check(int topLogprobs, int leastTokens, int defaultMaxTokens) {
        int maxTokens = Bounds.atLeast(
                fields.maxTokensField(),
                fields.maxTokens(),
                leastTokens,
                Generation.AS_CONTEXT_ALLOWS,
                defaultMaxTokens);
        return new Generation(
                sampling(topLogprobs, maxTokens),
                Bounds.integer("n", fields.n(), 1, MAX_CHOICES, 1),
                maxTokens,
                fields.maxTokensField(),
                stops(fields.stop()),
                Boolean.TRUE.equals(fields.ignoreEos()),
                delivery(),
                Boolean.TRUE.equals(fields.returnTokenIds()));
    }

    private Sampling sampling(int topLogprobs, int maxTokens) {
        SamplingDefaults defaults = limits.defaults();
        Map<String, Double> biases = fields.logitBias() == null ? Map.of() : fields.logitBias();
        int[] biasIds = biasIds(biases);
        float[] biasValues = new float[biasIds.length];
        int next = 0;
        for (Double bias : biases.values()) {
            biasValues[next++] = (float) Bounds.decimal("logit_bias", bias, -100, 100, 0);
        }
        Long seed = fields.seed();
        return new Sampling(
                (float) Bounds.decimal("temperature", fields.temperature(), 0, 2, defaults.temperature()),
                (float) Bounds.decimal("top_p", fields.topP(), 0, 1, defaults.topP()),
                topK(defaults.topK()),
                (float) Bounds.decimal("min_p", fields.minP(), 0, 1, defaults.minP()),
                (float) Bounds.decimal("presence_penalty", fields.presencePenalty(), -2, 2, 0),
                (float) Bounds.decimal("frequency_penalty", fields.frequencyPenalty(), -2, 2, 0),
                (float) Bounds.decimal(
                        "repetition_penalty",
                        fields.repetitionPenalty(),
                        MIN_REPETITION_PENALTY,
                        MAX_REPETITION_PENALTY,
                        defaults.repetitionPenalty()),
                seed == null ? seeds.nextLong() : seed,
                biasIds,
                biasValues,
                minTokens(maxTokens),
                topLogprobs);
    }

    /// −1 and 0 both mean "off", as clients of other servers know it.
    private int topK(int absent) {
        int topK = Bounds.integer("top_k", fields.topK(), -1, Integer.MAX_VALUE, absent);
        return Math.clamp(topK, 0, limits.vocabularySize());
    }

    private int minTokens(int maxTokens) {
        int minTokens = Bounds.atLeast("min_tokens", fields.minTokens(), 0, Integer.MAX_VALUE, 0);
        if (minTokens > maxTokens) {
            throw Bounds.refuse(
                    "min_tokens",
                    "min_tokens must be at most " + fields.maxTokensField() + ", " + maxTokens + ", but is "
                            + minTokens);
        }
        if (minTokens > limits.contextTokens()) {
            throw Bounds.refuse(
                    "min_tokens",
                    "min_tokens must be at most the model's context, " + limits.contextTokens() + " tokens, but is "
                            + minTokens);
        }
        return minTokens;
    }

    private int[] biasIds(Map<String, Double> biases) {
        if (biases.size() > MAX_BIASES) {
            throw Bounds.refuse(
                    "logit_bias", "logit_bias must have at most " + MAX_BIASES + " entries, but has " + biases.size());
        }
        int[] ids = new int[biases.size()];
        int next = 0;
        for (String key : biases.keySet()) {
            boolean known = TOKEN_ID.matcher(key).matches() && Integer.parseInt(key) < limits.vocabularySize();
            if (!known) {
                throw Bounds.refuse(
                        "logit_bias", "logit_bias must name token ids between 0 and " + (limits.vocabularySize() - 1));
            }
            ids[next++] = Integer.parseInt(key);
        }
        return ids;
    }

    private static List<String> stops(@Nullable List<String> sent) {
        if (sent == null) {
            return List.of();
        }
        if (sent.size() > MAX_STOPS) {
            throw Bounds.refuse("stop", "stop must have at most " + MAX_STOPS + " texts, but has " + sent.size());
        }
        long characters = sent.stream().mapToLong(String::length).sum();
        if (characters > MAX_STOP_CHARACTERS) {
            throw Bounds.refuse(
                    "stop",
                    "stop must have at most " + MAX_STOP_CHARACTERS + " characters in all, but has " + characters);
        }
        return sent.stream().filter(text -> !text.isEmpty()).distinct().toList();
    }

    private Delivery delivery() {
        boolean stream = Boolean.TRUE.equals(fields.stream());
        if (fields.streamOptions() == null) {
            return stream ? Delivery.STREAM : Delivery.WHOLE;
        }
        if (!stream) {
            throw Bounds.refuse("stream_options", "stream_options is only taken together with stream: true");
        }
        return Boolean.TRUE.equals(fields.streamOptions().includeUsage())
                ? Delivery.STREAM_WITH_USAGE
                : Delivery.STREAM;
    }
}
