package io.dipper.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeenTokensTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 31, 32, 33, 64, 1_000})
    void countsAreThoseOfAMapInOrderOfFirstSightHoweverManyIdsCome(int promptTokens) {
        var random = new SplittableRandom(promptTokens);
        Map<Integer, Integer> expected = new LinkedHashMap<>();
        int[] prompt = random.ints(promptTokens, 0, 5_000).toArray();
        for (int id : prompt) {
            expected.put(id, 0);
        }
        var seen = SeenTokens.inPrompt(prompt);
        for (int i = 0; i < 3_000; i++) {
            int id = random.nextInt(5_000);
            expected.merge(id, 1, Integer::sum);
            seen.generated(id);
        }
        Map<Integer, Integer> counted = new LinkedHashMap<>();
        for (int i = 0; i < seen.size(); i++) {
            counted.put(seen.id(i), seen.count(i));
        }
        assertThat(counted.entrySet()).containsExactlyElementsOf(expected.entrySet());
    }
}
