package io.dipper.inference.validation;

import io.dipper.engine.Sampling;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.Checked;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.wire.CompletionRequest;
import io.dipper.openaiapi.wire.CompletionRequest.Prompt;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// `CompletionRequest` (wire) → `ValidCompletion` (domain), or the refusal that names field, limit
/// and value.
public final class CompletionValidation {
    static final int DEFAULT_MAX_TOKENS = 16;
    static final int MAX_SEQUENCES = 256;

    private final RandomGenerator seeds;

    /// Seeds for requests that bring none come from `seeds`.
    public CompletionValidation(RandomGenerator seeds) {
        this.seeds = seeds;
    }

    public Checked<ValidCompletion> validate(CompletionRequest request, ModelLimits limits) {
        return Checked.of(() -> check(request, limits));
    }

    private ValidCompletion check(CompletionRequest request, ModelLimits limits) {
        UnservedFields.refuseInCompletion(request.fields());
        UnusedFields.check(request.fields());
        if (request.suffix() != null && !request.suffix().isEmpty()) {
            throw new RefusedException(ApiError.unsupported("suffix", "suffix is not served"));
        }
        boolean echo = Boolean.TRUE.equals(request.echo());
        int topLogprobs = Bounds.integer(
                "logprobs", request.logprobs(), 0, GenerationCheck.MAX_TOP_LOGPROBS, Sampling.NO_LOGPROBS);
        var generation = new GenerationCheck(request.generation(), limits, seeds)
                .check(topLogprobs, echo ? 0 : 1, DEFAULT_MAX_TOKENS);
        List<Prompt> prompts = prompts(request.prompts(), limits);
        int sequences = prompts.size() * generation.choices();
        if (sequences > MAX_SEQUENCES) {
            throw Bounds.refuse(
                    "prompt",
                    "prompt must ask for at most " + MAX_SEQUENCES + " answers, its prompts times n, but asks for "
                            + sequences);
        }
        if (request.bestOf() != null && request.bestOf() != generation.choices()) {
            throw Bounds.refuse(
                    "best_of", "best_of must equal n, " + generation.choices() + ", but is " + request.bestOf());
        }
        return new ValidCompletion(prompts, echo, generation);
    }

    private static List<Prompt> prompts(@Nullable List<Prompt> prompts, ModelLimits limits) {
        if (prompts == null) {
            throw Bounds.refuse("prompt", "prompt is required");
        }
        if (prompts.isEmpty()) {
            throw Bounds.refuse("prompt", "prompt must not be an empty list");
        }
        if (prompts.size() > MAX_SEQUENCES) {
            throw Bounds.refuse(
                    "prompt", "prompt must have at most " + MAX_SEQUENCES + " entries, but has " + prompts.size());
        }
        for (Prompt prompt : prompts) {
            if (prompt instanceof Prompt.Ids(long[] ids)) {
                checkIds(ids, limits);
            }
        }
        return prompts;
    }

    private static void checkIds(long[] ids, ModelLimits limits) {
        if (ids.length == 0) {
            throw Bounds.refuse("prompt", "prompt must not be an empty list of token ids");
        }
        TokenIds.check("prompt", ids, limits.vocabularySize());
    }
}
