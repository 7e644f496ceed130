package io.dipper.openaiapi.json;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeType;
import tools.jackson.databind.node.ObjectNode;

/// Typed reading of one JSON object that a client sent: a field has the type asked for, or the
/// request is refused by the field's name. Nothing is guessed (`"2"`, `true` and `1.5` are no
/// integers) and null is as absent.
public final class Fields {
    /// Characters of an unknown name that an error repeats.
    private static final int MOST_SHOWN = 100;

    private final ObjectNode object;
    private final String path;

    public Fields(ObjectNode object) {
        this(object, "");
    }

    private Fields(ObjectNode object, String path) {
        this.object = object;
        this.path = path;
    }

    /// How errors name a field of this object: `stream_options.include_usage`, `messages[3].role`.
    public String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    public Set<String> names() {
        return Set.copyOf(object.propertyNames());
    }

    /// For requests of our own, in which a misspelt field would pass for one left out.
    ///
    /// @throws RefusedException if there is a field that is none of these
    public Fields only(String... known) {
        for (String name : names()) {
            if (!List.of(known).contains(name)) {
                throw new RefusedException(ApiError.invalid(
                        name.length() > MOST_SHOWN ? null : path(name),
                        "an unknown field; known are " + String.join(", ", known)));
            }
        }
        return this;
    }

    /// Whether the field is there and not null.
    public boolean has(String name) {
        return node(name) != null;
    }

    /// The field as it was sent; null if absent.
    public @Nullable JsonNode node(String name) {
        JsonNode node = object.get(name);
        return node == null || node.isNull() ? null : node;
    }

    public @Nullable String text(String name) {
        JsonNode node = node(name);
        return node == null ? null : asText(node, path(name));
    }

    public String requiredText(String name) {
        return required(name, text(name));
    }

    public @Nullable Boolean flag(String name) {
        JsonNode node = node(name);
        if (node == null || node.isBoolean()) {
            return node == null ? null : node.booleanValue();
        }
        throw wrongType(path(name), "true or false", node);
    }

    /// A signed 64-bit integer.
    public @Nullable Long integer(String name) {
        JsonNode node = node(name);
        return node == null ? null : asInteger(node, path(name));
    }

    public @Nullable Double number(String name) {
        JsonNode node = node(name);
        return node == null ? null : asNumber(node, path(name));
    }

    public @Nullable Fields object(String name) {
        JsonNode node = node(name);
        return node == null ? null : asObject(node, path(name));
    }

    public Fields requiredObject(String name) {
        return required(name, object(name));
    }

    public @Nullable List<JsonNode> list(String name) {
        JsonNode node = node(name);
        if (node == null) {
            return null;
        }
        if (!node.isArray()) {
            throw wrongType(path(name), "a list", node);
        }
        return List.copyOf(node.values());
    }

    public @Nullable List<Fields> objects(String name) {
        List<JsonNode> nodes = list(name);
        if (nodes == null) {
            return null;
        }
        var objects = new ArrayList<Fields>(nodes.size());
        for (int i = 0; i < nodes.size(); i++) {
            objects.add(asObject(nodes.get(i), path(name) + "[" + i + "]"));
        }
        return objects;
    }

    /// One text, or a list of texts.
    public @Nullable List<String> textOrTexts(String name) {
        JsonNode node = node(name);
        if (node == null) {
            return null;
        }
        if (node.isString()) {
            return List.of(node.stringValue());
        }
        if (!node.isArray()) {
            throw wrongType(path(name), "a text or a list of texts", node);
        }
        var texts = new ArrayList<String>(node.size());
        for (int i = 0; i < node.size(); i++) {
            texts.add(asText(node.get(i), path(name) + "[" + i + "]"));
        }
        return texts;
    }

    /// The tree below this object, for what is passed on as it is (schemas, metadata).
    public ObjectNode tree() {
        return object;
    }

    public RefusedException refuse(String name, String message) {
        return new RefusedException(ApiError.invalid(path(name), message));
    }

    public static String asText(JsonNode node, String path) {
        if (node.isString()) {
            return node.stringValue();
        }
        throw wrongType(path, "a text", node);
    }

    public static long asInteger(JsonNode node, String path) {
        if (!node.isIntegralNumber()) {
            throw wrongType(path, "an integer", node);
        }
        if (!node.canConvertToLong()) {
            throw new RefusedException(ApiError.invalid(
                    path,
                    path + " must be an integer between " + Long.MIN_VALUE + " and " + Long.MAX_VALUE + ", but has "
                            + node.bigIntegerValue().abs().toString().length() + " digits"));
        }
        return node.longValue();
    }

    public static double asNumber(JsonNode node, String path) {
        if (!node.isNumber()) {
            throw wrongType(path, "a number", node);
        }
        double value = node.isBigInteger() ? node.bigIntegerValue().doubleValue() : node.doubleValue();
        if (!Double.isFinite(value)) {
            throw new RefusedException(ApiError.invalid(path, path + " is beyond what a number can be here"));
        }
        return value;
    }

    public static Fields asObject(JsonNode node, String path) {
        if (node instanceof ObjectNode found) {
            return new Fields(found, path);
        }
        throw wrongType(path, "an object", node);
    }

    /// Says what was expected and what kind of thing came, without repeating it.
    public static RefusedException wrongType(String path, String expected, JsonNode found) {
        return new RefusedException(
                ApiError.invalid(path, path + " must be " + expected + ", but is " + describe(found)));
    }

    private <T> T required(String name, @Nullable T value) {
        if (value == null) {
            throw refuse(name, path(name) + " is required");
        }
        return value;
    }

    private static String describe(JsonNode node) {
        JsonNodeType type = node.getNodeType();
        return switch (type) {
            case STRING -> "a text";
            case ARRAY -> "a list";
            case OBJECT -> "an object";
            case NUMBER -> node.isIntegralNumber() ? "an integer" : "a number with a fraction or an exponent";
            case BOOLEAN -> node.booleanValue() ? "true" : "false";
            case NULL -> "null";
            default -> type.name().toLowerCase(Locale.ROOT);
        };
    }
}
