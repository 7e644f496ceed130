package io.dipper.gateway.routing;

import java.util.List;

/// A source of endpoints.
public interface Backend extends AutoCloseable {

    /// As known now; never blocks.
    List<Endpoint> endpoints();

    /// Whether the list can be trusted to be complete.
    boolean isKnown();

    @Override
    void close();
}
