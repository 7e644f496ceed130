package io.dipper.chat.template;

import java.util.HashMap;
import java.util.Map;

/// Names and their values. What is set in a scope is not seen outside of it.
final class Scope {
    private final Scope parent;
    private final Map<String, Object> values = new HashMap<>();

    Scope(Scope parent) {
        this.parent = parent;
    }

    void set(String name, Object value) {
        values.put(name, value);
    }

    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            Object value = scope.values.get(name);
            if (value != null || scope.values.containsKey(name)) {
                return value;
            }
        }
        return Undefined.name(name);
    }
}
