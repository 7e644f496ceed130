package io.dipper.benchmark.scenario;

import java.util.List;
import java.util.StringJoiner;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Prompts of a wanted length, each different from its first word on, so that no cache of prefixes
/// makes them cheap.
///
/// @param fixedTokens of a prompt without words: the chat template's own
/// @param tokensPerWord of the words below, on average
public record Prompts(double fixedTokens, double tokensPerWord) {
    /// Fits small English vocabularies well enough where the server cannot be asked.
    public static final Prompts GUESSED = new Prompts(12, 1.3);

    private static final List<String> WORDS = List.of(
            "river stone winter garden letter window market silver morning bridge island copper forest candle harbor meadow "
                    .concat(
                            "thunder velvet whisper lantern orchard compass feather granite horizon journey kettle ladder mirror ")
                    .concat(
                            "needle ocean pepper quarter ribbon shadow timber umbrella valley wagon yellow zebra anchor basket ")
                    .concat(
                            "cotton dragon engine falcon guitar hammer insect jacket kitten lemon marble napkin olive pencil ")
                    .concat(
                            "quiet rocket saddle table under violin water yard apple bottle circle doctor evening flower")
                    .split(" "));

    /// Two measured lengths give the line through them.
    ///
    /// @param few,many words of the two prompts; `fewTokens` and `manyTokens` what they came to
    public static Prompts measured(int few, int fewTokens, int many, int manyTokens) {
        double slope = (double) (manyTokens - fewTokens) / (many - few);
        return slope > 0 ? new Prompts(Math.max(0, fewTokens - slope * few), slope) : GUESSED;
    }

    /// About `tokens` long; the answer's usage says how long exactly.
    public String ofTokens(int tokens, long seed) {
        return ofWords((int) Math.max(1, Math.round((tokens - fixedTokens) / tokensPerWord)), seed);
    }

    public static String ofWords(int words, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        StringJoiner text = new StringJoiner(" ");
        for (int i = 0; i < words; i++) {
            text.add(WORDS.get(random.nextInt(WORDS.size())));
        }
        return text.toString();
    }
}
