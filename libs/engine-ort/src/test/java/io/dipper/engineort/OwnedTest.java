package io.dipper.engineort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OwnedTest {
    private final List<String> closed = new ArrayList<>();

    @Test
    void whatWasOpenedLastIsClosedFirstAndAllOfItOnce() {
        var owned = new Owned();
        owned.add("weights", closed::add);
        owned.add("session", closed::add);
        owned.close();
        owned.close();
        assertThat(closed).containsExactly("session", "weights");
    }

    @Test
    void whatCannotBeClosedKeepsNothingElseOpen() {
        var owned = new Owned();
        owned.add("weights", closed::add);
        owned.add("stream", OwnedTest::refuse);
        owned.add("session", closed::add);
        owned.add("step", OwnedTest::refuse);
        assertThatThrownBy(owned::close)
                .hasMessage("step")
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .singleElement()
                        .satisfies(other -> assertThat(other).hasMessage("stream")));
        assertThat(closed).containsExactly("session", "weights");
    }

    private static void refuse(String name) {
        throw new IllegalStateException(name);
    }
}
