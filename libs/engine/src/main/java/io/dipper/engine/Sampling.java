package io.dipper.engine;

/// How the next token of one request is chosen.
///
/// The order of application is: bias, penalties, then argmax if greedy, else temperature, top-k,
/// top-p, min-p and one draw from the request's own random stream. Logprobs are the model's own,
/// before all of these.
///
/// @param temperature 0 is greedy
/// @param topP kept probability mass, 0 to 1; 1 keeps all
/// @param topK kept tokens; 0 keeps all
/// @param minP least probability relative to the likeliest token, 0 to 1; 0 keeps all
/// @param presencePenalty subtracted once from each generated token's logit
/// @param frequencyPenalty subtracted from a generated token's logit for each time it was generated
/// @param repetitionPenalty divides positive and multiplies negative logits of tokens seen in
///     prompt or answer; 1 is none
/// @param seed key of the request's random stream
/// @param biasIds token ids whose logits are shifted
/// @param biasValues by how much, as long as `biasIds`
/// @param minTokens end tokens cannot be chosen before so many tokens were generated
/// @param topLogprobs alternatives to report with each token; [#NO_LOGPROBS] wants no logprobs at
///     all
public record Sampling(
        float temperature,
        float topP,
        int topK,
        float minP,
        float presencePenalty,
        float frequencyPenalty,
        float repetitionPenalty,
        long seed,
        int[] biasIds,
        float[] biasValues,
        int minTokens,
        int topLogprobs) {

    public static final int NO_LOGPROBS = -1;
    public static final int MAX_TOP_LOGPROBS = 20;

    public Sampling {
        require(temperature >= 0 && Float.isFinite(temperature), "temperature", temperature);
        require(topP >= 0 && topP <= 1, "topP", topP);
        require(topK >= 0, "topK", topK);
        require(minP >= 0 && minP <= 1, "minP", minP);
        require(Float.isFinite(presencePenalty), "presencePenalty", presencePenalty);
        require(Float.isFinite(frequencyPenalty), "frequencyPenalty", frequencyPenalty);
        require(repetitionPenalty > 0 && Float.isFinite(repetitionPenalty), "repetitionPenalty", repetitionPenalty);
        require(biasIds.length == biasValues.length, "biasValues", biasValues.length);
        require(minTokens >= 0, "minTokens", minTokens);
        require(topLogprobs >= NO_LOGPROBS && topLogprobs <= MAX_TOP_LOGPROBS, "topLogprobs", topLogprobs);
        biasIds = biasIds.clone();
        biasValues = biasValues.clone();
    }

    /// The likeliest token each time, without logprobs.
    public static Sampling greedy() {
        return new Sampling(0, 1, 0, 0, 0, 0, 1, 0, new int[0], new float[0], 0, NO_LOGPROBS);
    }

    public Sampling withSeed(long newSeed) {
        return new Sampling(
                temperature,
                topP,
                topK,
                minP,
                presencePenalty,
                frequencyPenalty,
                repetitionPenalty,
                newSeed,
                biasIds,
                biasValues,
                minTokens,
                topLogprobs);
    }

    public Sampling withTopLogprobs(int wanted) {
        return new Sampling(
                temperature,
                topP,
                topK,
                minP,
                presencePenalty,
                frequencyPenalty,
                repetitionPenalty,
                seed,
                biasIds,
                biasValues,
                minTokens,
                wanted);
    }

    /// Whether choosing needs to know which tokens were seen before.
    public boolean penalises() {
        return presencePenalty != 0 || frequencyPenalty != 0 || repetitionPenalty != 1;
    }

    private static void require(boolean holds, String field, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(field + " is out of range: " + value);
        }
    }
}
