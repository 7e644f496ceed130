package io.dipper.registry.designs;

import io.dipper.registry.catalogue.Architecture;

/// A published design in a list: what its vendor says, and what follows from its configuration.
public record DesignSummary(
        String name,
        String vendor,
        String released,
        String claimedTotal,
        String claimedActive,
        Architecture architecture) {}
