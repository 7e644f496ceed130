package io.dipper.registry.designs;

import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading;
import io.dipper.transformer.family.Refusal;
import tools.jackson.databind.JsonNode;

/// A design that somebody published, known by its configuration.
///
/// @param name as at the hub, organisation first
/// @param released year and month
/// @param claimedTotal the vendor's own words for its size
/// @param claimedActive the vendor's own words for what a token meets; null where nothing is
///     claimed
public record PublishedDesign(
        String name, String vendor, String released, String claimedTotal, String claimedActive, JsonNode config) {

    /// The design as a tree.
    ///
    /// @throws IllegalStateException if the configuration is refused: all that are published with
    ///     us are read
    public Reading.Read read() {
        return switch (Families.read(config)) {
            case Reading.Read read -> read;
            case Refusal refusal -> throw new IllegalStateException(name + ": " + refusal.message());
        };
    }
}
