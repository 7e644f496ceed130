package io.dipper.gateway.relay;

import io.dipper.servicesupport.http.ApiException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.json.JsonMapper;

/// All that the gateway reads of a body. Whether the rest makes sense is for the endpoint to say.
record RequestFacts(String model, boolean stream) {

    /// @throws ApiException 400 when the body is not a JSON object that names a model
    static RequestFacts read(byte[] body) {
        String model = null;
        boolean stream = false;
        try (JsonParser json = JsonMapper.shared().createParser(body)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw ApiException.badRequest("the body must be a JSON object", null);
            }
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                if (name.equals("model")) {
                    model = text(json, value);
                } else if (name.equals("stream")) {
                    stream = value == JsonToken.VALUE_TRUE;
                }
                json.skipChildren();
            }
        } catch (JacksonException e) {
            throw ApiException.badRequest("the body is not JSON, or nested too deeply" + at(e), null);
        }
        if (model == null || model.isEmpty()) {
            throw ApiException.badRequest("model is missing", "model");
        }
        return new RequestFacts(model, stream);
    }

    private static String at(JacksonException fault) {
        TokenStreamLocation place = fault.getLocation();
        return place == null ? "" : ": line " + place.getLineNr() + ", column " + place.getColumnNr();
    }

    private static @Nullable String text(JsonParser json, JsonToken value) {
        if (value != JsonToken.VALUE_STRING) {
            throw ApiException.badRequest("model must be a string", "model");
        }
        String text = json.getString();
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw ApiException.badRequest("model must not hold half a surrogate pair", "model");
        }
        return text;
    }
}
