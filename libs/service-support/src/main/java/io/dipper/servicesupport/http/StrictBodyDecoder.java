package io.dipper.servicesupport.http;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.json.StrictJson;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ResolvableType;
import org.springframework.core.codec.AbstractDataBufferDecoder;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.util.MimeType;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.type.LogicalType;

/// Request bodies as Java objects, to the letter: one strict JSON object whose fields are known and
/// have the type that is wanted. Nothing is converted, and a refusal names the field.
final class StrictBodyDecoder extends AbstractDataBufferDecoder<Object> {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(
                    LogicalType.Textual,
                    texts -> texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();

    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9_.\\[\\]-]{1,100}");

    StrictBodyDecoder() {
        super(MimeType.valueOf("application/json"), MimeType.valueOf("application/*+json"));
    }

    @Override
    public boolean canDecode(ResolvableType type, @Nullable MimeType mime) {
        return super.canDecode(type, mime) && !CharSequence.class.isAssignableFrom(type.toClass());
    }

    @Override
    public Object decode(
            DataBuffer buffer, ResolvableType type, @Nullable MimeType mime, @Nullable Map<String, Object> hints) {
        ObjectNode body = StrictJson.object(Buffers.drain(buffer));
        Object value;
        try {
            value = JSON.treeToValue(body, JSON.constructType(type.getType()));
        } catch (JacksonException e) {
            throw refusal(e);
        }
        // All names are known by now, and may be repeated.
        requireStorable(body, "");
        return value;
    }

    /// PostgreSQL stores no text with U+0000.
    private static void requireStorable(JsonNode node, String path) {
        if (node.isString() && node.stringValue().indexOf(0) >= 0) {
            throw refused(path, path + " must not hold the character U+0000");
        }
        if (node instanceof ObjectNode object) {
            object.forEachEntry((name, child) -> requireStorable(child, path.isEmpty() ? name : path + "." + name));
        } else if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                requireStorable(node.get(i), path + "[" + i + "]");
            }
        }
    }

    private static RefusedException refusal(JacksonException fault) {
        String path = path(fault.getPath());
        String field = path == null ? "a field" : path;
        return switch (fault) {
            case UnrecognizedPropertyException e ->
                refused(
                        path,
                        field + " is not known here; known are "
                                + e.getKnownPropertyIds().stream()
                                        .map(Object::toString)
                                        .sorted()
                                        .collect(Collectors.joining(", ")));
            case MismatchedInputException e ->
                refused(path, field + " must be " + WantedType.inWords(e.getTargetType()));
            default -> refused(path, field + " is beyond what is taken here");
        };
    }

    /// Null where it is not fit to be repeated.
    private static @Nullable String path(List<JacksonException.Reference> steps) {
        var path = new StringBuilder();
        for (JacksonException.Reference step : steps) {
            if (step.getPropertyName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
            }
        }
        return HARMLESS.matcher(path).matches() ? path.toString() : null;
    }

    private static RefusedException refused(@Nullable String param, String message) {
        return new RefusedException(ApiError.invalid(param, message));
    }
}
