package io.dipper.gateway.routing;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// One of `dipper.backends.*`.
///
/// @param kind `openai`
/// @param maxModelLen longest context in tokens, where it is known
/// @param url with or without `/v1` at its end
public record BackendSettings(
        @DefaultValue("openai") String kind,
        String url,
        @Nullable String apiKey,
        @DefaultValue List<String> models,
        @Nullable Integer maxModelLen) {

    static final String OPENAI = "openai";

    void check(String name) {
        String where = "dipper.backends." + name;
        if (!kind.equals(OPENAI)) {
            throw new IllegalArgumentException(where + ".kind must be " + OPENAI + ", it is " + kind);
        }
        if (url == null || !url.matches("https?://.+")) {
            throw new IllegalArgumentException(where + ".url must begin with http:// or https://");
        }
        if (models.isEmpty()) {
            throw new IllegalArgumentException(where + ".models must name one model at least");
        }
    }

    @Override
    public String toString() {
        return "BackendSettings[" + kind + ", " + url + ", " + models + "]";
    }
}
