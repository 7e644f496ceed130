package io.dipper.openaiapi.json;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.Checked;
import io.dipper.openaiapi.RefusedException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Reads what a client sent, to the letter of RFC 8259: valid UTF-8, whole characters also when
/// escaped, one value and nothing after it, no NaN, no name twice in an object, bounded depth. The
/// body's size is the caller's to bound.
public final class StrictJson {
    /// A chat with tools nests two levels for each level of a parameter's schema; this leaves room
    /// for sixty.
    public static final int MAX_DEPTH = 128;

    /// Digits of a number. No number that means something is longer.
    public static final int MAX_NUMBER_LENGTH = 400;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_NUMBER_LENGTH)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9_.\\[\\]-]{1,100}");

    private StrictJson() {}

    /// Reads a body that must be one object and hands its fields to a reader.
    public static <T> Checked<T> read(byte[] body, Function<Fields, T> reader) {
        return Checked.of(() -> reader.apply(new Fields(object(body))));
    }

    /// Reads a body that must be one object.
    ///
    /// @throws RefusedException if the bytes are not one strict JSON object
    public static ObjectNode object(byte[] body) {
        if (tree(text(body)) instanceof ObjectNode object) {
            return object;
        }
        throw refused("the body must be a JSON object");
    }

    private static String text(byte[] body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw refused("the body must be valid UTF-8");
        }
    }

    private static JsonNode tree(String text) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw refused("the body is empty; it must be a JSON object");
            }
            JsonNode node = node(parser, first);
            if (parser.nextToken() != null) {
                throw refused("the body must be one JSON object; more follows after its end" + at(parser));
            }
            return node;
        } catch (StreamConstraintsException e) {
            throw refused("the body must nest at most " + MAX_DEPTH + " levels, and a number must have at most "
                    + MAX_NUMBER_LENGTH + " digits");
        } catch (StreamReadException e) {
            var place = e.getLocation();
            throw refused(
                    place == null
                            ? "the body is not JSON"
                            : "the body is not JSON: line " + place.getLineNr() + ", column " + place.getColumnNr());
        }
    }

    private static JsonNode node(JsonParser parser, JsonToken token) {
        return switch (token) {
            case START_OBJECT -> objectNode(parser);
            case START_ARRAY -> arrayNode(parser);
            case VALUE_STRING -> NODES.stringNode(wholeCharacters(parser, parser.getString()));
            case VALUE_NUMBER_INT -> integer(parser);
            case VALUE_NUMBER_FLOAT -> decimal(parser);
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            default -> throw refused("the body is not JSON" + at(parser));
        };
    }

    private static ObjectNode objectNode(JsonParser parser) {
        ObjectNode object = NODES.objectNode();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = wholeCharacters(parser, parser.currentName());
            if (object.has(name)) {
                throw refusedHere(parser, "an object must not have the same field twice");
            }
            object.set(name, node(parser, parser.nextToken()));
        }
        return object;
    }

    /// As [Fields] names it; null where it is not fit to be repeated.
    private static @Nullable String path(TokenStreamContext context) {
        var path = new StringBuilder();
        for (TokenStreamContext at = context; !at.inRoot(); at = at.getParent()) {
            String dot = path.isEmpty() || path.charAt(0) == '[' ? "" : ".";
            path.insert(0, (at.inArray() ? "[" + at.getCurrentIndex() + "]" : at.currentName()) + dot);
        }
        return HARMLESS.matcher(path).matches() ? path.toString() : null;
    }

    private static ArrayNode arrayNode(JsonParser parser) {
        ArrayNode array = NODES.arrayNode();
        JsonToken token = parser.nextToken();
        while (token != JsonToken.END_ARRAY) {
            array.add(node(parser, token));
            token = parser.nextToken();
        }
        return array;
    }

    private static JsonNode integer(JsonParser parser) {
        return switch (parser.getNumberType()) {
            case INT, LONG -> NODES.numberNode(parser.getLongValue());
            default -> NODES.numberNode(parser.getBigIntegerValue());
        };
    }

    private static JsonNode decimal(JsonParser parser) {
        double value = parser.getDoubleValue();
        if (!Double.isFinite(value)) {
            throw refusedHere(parser, "a number is beyond what 64-bit floating point can hold");
        }
        return NODES.numberNode(value);
    }

    /// A lone surrogate cannot be encoded as UTF-8, so no tokenizer and no answer could carry it.
    private static String wholeCharacters(JsonParser parser, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!pair) {
                    throw refusedHere(parser, "a text must hold whole characters, not half a surrogate pair");
                }
                i++;
            }
        }
        return text;
    }

    private static String at(JsonParser parser) {
        var place = parser.currentLocation();
        return ": line " + place.getLineNr() + ", column " + place.getColumnNr();
    }

    private static RefusedException refusedHere(JsonParser parser, String message) {
        return new RefusedException(ApiError.invalid(path(parser.streamReadContext()), message + at(parser)));
    }

    private static RefusedException refused(String message) {
        return new RefusedException(ApiError.invalid(null, message));
    }
}
