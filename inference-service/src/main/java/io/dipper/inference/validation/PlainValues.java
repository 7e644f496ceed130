package io.dipper.inference.validation;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// JSON as the plain Java values that templates work on: maps in the client's order, lists, texts,
/// numbers, booleans.
final class PlainValues {
    private PlainValues() {}

    static @Nullable Object of(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> map(node);
            case ARRAY -> list(node);
            case STRING -> node.stringValue();
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> number(node);
            case NULL -> null;
            default -> throw new IllegalStateException("not a JSON value: " + node.getNodeType());
        };
    }

    static Map<String, Object> map(JsonNode object) {
        var map = new LinkedHashMap<String, Object>();
        for (var entry : object.properties()) {
            map.put(entry.getKey(), of(entry.getValue()));
        }
        return map;
    }

    private static List<Object> list(JsonNode array) {
        var list = new ArrayList<>(array.size());
        for (JsonNode entry : array.values()) {
            list.add(of(entry));
        }
        return list;
    }

    private static Object number(JsonNode node) {
        if (!node.isIntegralNumber()) {
            return node.doubleValue();
        }
        BigInteger value = node.bigIntegerValue();
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }
}
