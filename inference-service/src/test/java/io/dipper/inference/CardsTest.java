package io.dipper.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/// What `dipper.inference.cards` may say.
class CardsTest {
    @Test
    void itListsNumbersAndWithoutItTheFirstCardIsUsed() {
        assertThat(InferenceApplication.cards(new StandardEnvironment())).containsExactly(0);
        assertThat(cards("1, 3")).containsExactly(1, 3);
        assertThat(cards("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "0,x", "99999999999", "1.5"})
    void whatIsNoNumberOfACardIsRefusedByTheNameOfTheProperty(String value) {
        assertThatThrownBy(() -> cards(value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("dipper.inference.cards must list numbers of cards");
    }

    private static List<Integer> cards(String value) {
        var environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource("test", Map.of("dipper.inference.cards", value)));
        return InferenceApplication.cards(environment);
    }
}
