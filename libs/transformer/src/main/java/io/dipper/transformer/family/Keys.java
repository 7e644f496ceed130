package io.dipper.transformer.family;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// The keys of a configuration, each of which must be read, declared harmless, or refused by name
/// before [#finish].
///
/// `null` counts as not stated, as it does for the reference, except where [#statesNull] asks.
final class Keys {
    /// Beyond every published size and length, so that products of two of them stay countable.
    private static final int MOST = 1 << 28;

    private final JsonNode node;
    private final String path;
    private final Set<String> known = new HashSet<>();
    private final Map<String, Keys> children = new LinkedHashMap<>();
    private final Map<String, Boolean> assumedFlags = new HashMap<>();
    private final Map<String, Integer> assumedNumbers = new HashMap<>();

    private Keys(JsonNode node, String path) {
        this.node = node;
        this.path = path;
    }

    static Keys of(JsonNode object) {
        if (!object.isObject()) {
            throw new RefusedKey(new Refusal("", brief(object), "a configuration is a JSON object"));
        }
        return new Keys(object, "");
    }

    /// The whole object, for what is only counted.
    JsonNode node() {
        return node;
    }

    boolean statesAnything() {
        return !node.isEmpty();
    }

    boolean states(String key) {
        return take(key).isPresent();
    }

    /// Whether the key is there with the value `null`, where the reference's default is another
    /// value.
    boolean statesNull(String key) {
        known.add(key);
        return node.has(key) && node.get(key).isNull();
    }

    int positive(String key) {
        return optionalPositive(key).orElseThrow(() -> missing(key));
    }

    int positiveOr(String key, int otherwise) {
        return optionalPositive(key).orElse(otherwise);
    }

    OptionalInt optionalPositive(String key) {
        Optional<JsonNode> value = take(key);
        if (value.isPresent()) {
            return OptionalInt.of(whole(key, value.get(), 1));
        }
        return assumedNumbers.containsKey(key) ? OptionalInt.of(assumedNumbers.get(key)) : OptionalInt.empty();
    }

    int notNegativeOr(String key, int otherwise) {
        return take(key)
                .map(value -> whole(key, value, 0))
                .orElseGet(() -> assumedNumbers.getOrDefault(key, otherwise));
    }

    double decimal(String key) {
        return optionalDecimal(key).orElseThrow(() -> missing(key));
    }

    double decimalOr(String key, double otherwise) {
        return optionalDecimal(key).orElse(otherwise);
    }

    OptionalDouble optionalDecimal(String key) {
        Optional<JsonNode> value = take(key);
        if (value.isEmpty()) {
            return OptionalDouble.empty();
        }
        if (!value.get().isNumber() || !Double.isFinite(value.get().doubleValue())) {
            throw refused(key, "not a finite number");
        }
        return OptionalDouble.of(value.get().doubleValue());
    }

    /// A number above zero.
    double factor(String key) {
        return optionalFactor(key).orElseThrow(() -> missing(key));
    }

    OptionalDouble optionalFactor(String key) {
        OptionalDouble value = optionalDecimal(key);
        if (value.isPresent() && value.getAsDouble() <= 0) {
            throw refused(key, "not above zero");
        }
        return value;
    }

    /// A norm's epsilon.
    double epsilon(String key, double otherwise) {
        double value = decimalOr(key, otherwise);
        if (value < 0 || value >= 1) {
            throw refused(key, "a norm's epsilon lies in [0, 1)");
        }
        return value;
    }

    boolean flagOr(String key, boolean otherwise) {
        return optionalFlag(key).orElse(assumedFlags.getOrDefault(key, otherwise));
    }

    /// What holds for a flag that this object does not state, said by the object around it.
    void assume(String key, boolean value) {
        assumedFlags.put(key, value);
    }

    /// What the reference takes for a number that this object does not state.
    void assume(String key, int value) {
        assumedNumbers.put(key, value);
    }

    Optional<Boolean> optionalFlag(String key) {
        return take(key).map(value -> {
            if (!value.isBoolean()) {
                throw refused(key, "neither true nor false");
            }
            return value.booleanValue();
        });
    }

    String text(String key) {
        return optionalText(key).orElseThrow(() -> missing(key));
    }

    Optional<String> optionalText(String key) {
        return take(key).map(value -> {
            if (!value.isString()) {
                throw refused(key, "not a text");
            }
            return value.stringValue();
        });
    }

    Optional<List<String>> texts(String key) {
        return list(key, JsonNode::isString, "not a list of texts")
                .map(values -> values.stream().map(JsonNode::stringValue).toList());
    }

    Optional<List<Double>> decimals(String key) {
        return list(key, JsonNode::isNumber, "not a list of numbers")
                .map(values -> values.stream().map(JsonNode::doubleValue).toList());
    }

    Optional<List<Integer>> wholes(String key) {
        return list(key, value -> value.isIntegralNumber() && value.canConvertToInt(), "not a list of whole numbers")
                .map(values -> values.stream().map(JsonNode::intValue).toList());
    }

    boolean isObject(String key) {
        return node.path(key).isObject();
    }

    boolean isList(String key) {
        return node.path(key).isArray();
    }

    /// A nested object, whose keys must be accounted for as well.
    Optional<Keys> object(String key) {
        return take(key).map(value -> {
            if (!value.isObject()) {
                throw refused(key, "not an object");
            }
            return children.computeIfAbsent(key, name -> new Keys(value, path + name + "."));
        });
    }

    /// The same where a missing object is an empty one.
    Keys objectOrEmpty(String key) {
        return object(key)
                .orElseGet(() -> children.computeIfAbsent(
                        key, name -> new Keys(JsonNodeFactory.instance.objectNode(), path + name + ".")));
    }

    /// One of a few words.
    <T> T choice(String key, String otherwise, Map<String, T> meanings) {
        String word = optionalText(key).orElse(otherwise);
        T meaning = meanings.get(word);
        if (meaning == null) {
            throw refused(
                    key,
                    "known are "
                            + String.join(
                                    ", ", meanings.keySet().stream().sorted().toList()));
        }
        return meaning;
    }

    /// A key that says nothing, or the one thing that is built.
    Keys mustBe(String key, boolean only) {
        if (optionalFlag(key).orElse(only) != only) {
            throw refused(key, "only " + only + " is built");
        }
        return this;
    }

    Keys mustBe(String key, String only) {
        if (!optionalText(key).orElse(only).equals(only)) {
            throw refused(key, "only " + only + " is built");
        }
        return this;
    }

    Keys mustBe(String key, double only) {
        if (optionalDecimal(key).orElse(only) != only) {
            throw refused(key, "only " + only + " is built");
        }
        return this;
    }

    Keys mustBeAbsent(String key, String reason) {
        if (states(key)) {
            throw refused(key, reason);
        }
        return this;
    }

    /// Keys that change nothing about the answers of a text model at inference.
    Keys harmless(String... keys) {
        known.addAll(Set.of(keys));
        return this;
    }

    RefusedKey refused(String key, String reason) {
        return new RefusedKey(refusal(key, reason));
    }

    RefusedKey missing(String key) {
        return new RefusedKey(new Refusal(path + key, "absent", "this design needs it"));
    }

    /// Refuses all keys, here and in the nested objects, of which nobody has said what they mean.
    void finish() {
        List<Refusal> unknown = new ArrayList<>();
        collectUnknown(unknown);
        if (!unknown.isEmpty()) {
            Refusal first = unknown.getFirst();
            throw new RefusedKey(
                    new Refusal(first.key(), first.value(), first.reason(), unknown.subList(1, unknown.size())));
        }
    }

    private void collectUnknown(List<Refusal> unknown) {
        for (String key : node.propertyNames()) {
            if (!known.contains(key)) {
                unknown.add(refusal(key, "this design does not know the key"));
            }
        }
        children.values().forEach(child -> child.collectUnknown(unknown));
    }

    private Refusal refusal(String key, String reason) {
        return new Refusal(path + key, node.has(key) ? brief(node.get(key)) : "absent", reason);
    }

    private Optional<JsonNode> take(String key) {
        known.add(key);
        return Optional.ofNullable(node.get(key)).filter(value -> !value.isNull());
    }

    private int whole(String key, JsonNode value, int least) {
        if (!value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.intValue() < least
                || value.intValue() > MOST) {
            throw refused(key, "not a whole number from " + least + " to " + MOST);
        }
        return value.intValue();
    }

    private Optional<List<JsonNode>> list(String key, Predicate<JsonNode> element, String reason) {
        return take(key).map(value -> {
            if (!value.isArray() || !value.valueStream().allMatch(element)) {
                throw refused(key, reason);
            }
            return value.valueStream().toList();
        });
    }

    private static String brief(JsonNode value) {
        String text = value.toString();
        return text.length() <= 120 ? text : text.substring(0, 117) + "...";
    }
}
