package io.dipper.chat.template;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/// A list that prints with parentheses.
record Tuple(List<Object> items) {
    static Tuple of(Object... items) {
        return new Tuple(Collections.unmodifiableList(Arrays.asList(items)));
    }
}
