package io.dipper.registry.designs;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The published designs that travel with the product, as configurations on the class path.
public final class PublishedDesigns {
    private static final JsonMapper JSON = JsonMapper.shared();

    private PublishedDesigns() {}

    /// All of them, in the order of their release.
    public static List<PublishedDesign> all() {
        return StreamSupport.stream(resource("index.json").spliterator(), false)
                .map(PublishedDesigns::design)
                .toList();
    }

    private static PublishedDesign design(JsonNode entry) {
        String name = entry.get("name").stringValue();
        return new PublishedDesign(
                name,
                entry.get("vendor").stringValue(),
                entry.get("released").stringValue(),
                entry.get("claimedTotal").stringValue(),
                entry.get("claimedActive").isNull()
                        ? null
                        : entry.get("claimedActive").stringValue(),
                resource(name.replace("/", "--") + "/config.json"));
    }

    private static JsonNode resource(String path) {
        try (InputStream in = PublishedDesigns.class.getResourceAsStream("/catalogue/" + path)) {
            if (in == null) {
                throw new IllegalStateException("the class path lacks catalogue/" + path);
            }
            return JSON.readTree(in);
        } catch (IOException failure) {
            throw new UncheckedIOException("catalogue/" + path, failure);
        }
    }
}
