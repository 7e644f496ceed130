package io.dipper.openaiapi.json;

import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// JSON as the wire spells it: snake case, UTF-8. For reading what clients send use [StrictJson];
/// the readers here are for what our own services and other servers answer, where unknown fields
/// are fine.
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    private Json() {}

    /// The mapper behind all of this, for those who need more than bytes.
    public static JsonMapper mapper() {
        return MAPPER;
    }

    public static byte[] bytes(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    public static String text(Object value) {
        return new String(bytes(value), StandardCharsets.UTF_8);
    }

    /// Reads what another server sent.
    ///
    /// @throws JacksonException if it is not JSON or does not fit the type
    public static <T> T read(byte[] json, Class<T> type) {
        return MAPPER.readValue(json, type);
    }

    /// Reads what another server sent.
    ///
    /// @throws JacksonException if it is not JSON or does not fit the type
    public static <T> T read(String json, Class<T> type) {
        return MAPPER.readValue(json, type);
    }

    /// Reads what another server sent, whatever its shape.
    ///
    /// @throws JacksonException if it is not JSON
    public static JsonNode tree(String json) {
        return MAPPER.readTree(json);
    }
}
