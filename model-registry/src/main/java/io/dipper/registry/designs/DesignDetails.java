package io.dipper.registry.designs;

import io.dipper.registry.catalogue.Architecture;
import java.util.Map;

/// All that is known of a published design.
///
/// @param facts as `inspect` prints them
/// @param config as published
public record DesignDetails(
        String name,
        String vendor,
        String released,
        String claimedTotal,
        String claimedActive,
        Architecture architecture,
        Map<String, Object> facts,
        Map<String, Object> config) {}
