package io.dipper.servicesupport.http;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// OpenAI's error body with its status. `param` and `code` may be null, but are always there.
public record ApiError(int status, String message, String type, String param, String code) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// `{"error":{"message":…,"type":…,"param":…,"code":…}}` in UTF-8.
    public byte[] toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("message", message);
        fields.put("type", type);
        fields.put("param", param);
        fields.put("code", code);
        return JSON.writeValueAsBytes(Map.of("error", fields));
    }
}
