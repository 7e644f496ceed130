package io.dipper.inference.validation;

import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Whether a function's `parameters` are a JSON schema at all. What it demands is not enforced, so
/// only the form of the keywords is looked at: a model that is shown `"type": "notatype"` is shown
/// a mistake.
final class SchemaCheck {
    private static final Set<String> TYPES =
            Set.of("object", "array", "string", "number", "integer", "boolean", "null");
    private static final Set<String> MAPS_OF_SCHEMAS =
            Set.of("properties", "patternProperties", "$defs", "definitions");
    private static final Set<String> LISTS_OF_SCHEMAS = Set.of("anyOf", "oneOf", "allOf", "prefixItems");
    private static final Set<String> SCHEMAS = Set.of("items", "additionalProperties", "not", "contains");

    private SchemaCheck() {}

    /// Refuses the first place that no schema may have.
    static void check(JsonNode schema, String path) {
        if (schema.isBoolean()) {
            return;
        }
        if (!schema.isObject()) {
            throw Bounds.refuse(path, path + " must be a JSON schema: an object");
        }
        for (var entry : schema.properties()) {
            keyword(entry.getKey(), entry.getValue(), path);
        }
    }

    private static void keyword(String name, JsonNode value, String path) {
        if (name.equals("type")) {
            type(value, path);
        } else if (name.equals("required")) {
            required(value, path);
        } else if (name.equals("enum") && !value.isArray()) {
            throw Bounds.refuse(path, path + ".enum must be a list");
        } else if (MAPS_OF_SCHEMAS.contains(name)) {
            mapOfSchemas(name, value, path);
        } else if (LISTS_OF_SCHEMAS.contains(name)) {
            listOfSchemas(name, value, path);
        } else if (SCHEMAS.contains(name)) {
            check(value, path + "." + name);
        }
    }

    private static void type(JsonNode value, String path) {
        boolean good = value.isString() ? TYPES.contains(value.stringValue()) : isListOfTypes(value);
        if (!good) {
            throw Bounds.refuse(path, path + ".type must be a JSON schema type, or a list of them");
        }
    }

    private static boolean isListOfTypes(JsonNode value) {
        return value.isArray()
                && !value.isEmpty()
                && value.values().stream().allMatch(entry -> entry.isString() && TYPES.contains(entry.stringValue()));
    }

    private static void required(JsonNode value, String path) {
        if (!value.isArray() || !value.values().stream().allMatch(JsonNode::isString)) {
            throw Bounds.refuse(path, path + ".required must be a list of names");
        }
    }

    private static void mapOfSchemas(String name, JsonNode value, String path) {
        if (!value.isObject()) {
            throw Bounds.refuse(path, path + "." + name + " must be an object of schemas");
        }
        // The names inside are the client's own texts, so the place is told only as far as here.
        for (JsonNode schema : value.values()) {
            check(schema, path + "." + name);
        }
    }

    private static void listOfSchemas(String name, JsonNode value, String path) {
        if (!value.isArray() || value.isEmpty()) {
            throw Bounds.refuse(path, path + "." + name + " must be a list of schemas");
        }
        for (int i = 0; i < value.size(); i++) {
            check(value.get(i), path + "." + name + "[" + i + "]");
        }
    }
}
