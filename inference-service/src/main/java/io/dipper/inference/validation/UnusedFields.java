package io.dipper.inference.validation;

import io.dipper.openaiapi.json.Fields;
import java.util.List;

/// Documented fields that have no use here: they change nothing, but a wrong type in them is as
/// much a mistake of the client's as in any other.
final class UnusedFields {
    private static final List<String> TEXTS = List.of("user", "service_tier", "safety_identifier", "prompt_cache_key");

    private UnusedFields() {}

    static void check(Fields fields) {
        TEXTS.forEach(fields::text);
        fields.flag("store");
        fields.object("metadata");
    }
}
