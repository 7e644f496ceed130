package io.dipper.transformer.family;

import java.util.List;

/// Why a configuration cannot be served: the key at fault (none where values are only wrong
/// together), its value as the file spells it, and the reason. `more` holds what else is wrong, as
/// far as reading went.
public record Refusal(String key, String value, String reason, List<Refusal> more) implements Reading {
    public Refusal {
        more = List.copyOf(more);
    }

    public Refusal(String key, String value, String reason) {
        this(key, value, reason, List.of());
    }

    /// One sentence for a person.
    public String message() {
        StringBuilder text = new StringBuilder();
        if (!key.isEmpty()) {
            text.append(key).append(" = ").append(value).append(": ");
        }
        text.append(reason);
        more.forEach(other -> text.append("; ").append(other.message()));
        return text.toString();
    }
}
