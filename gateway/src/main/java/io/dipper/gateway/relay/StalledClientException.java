package io.dipper.gateway.relay;

import java.time.Duration;

/// The client took nothing of its answer for too long: its stream ends, and no one else's.
final class StalledClientException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    StalledClientException(Duration limit) {
        super("the client took nothing for " + limit, null, false, false);
    }
}
