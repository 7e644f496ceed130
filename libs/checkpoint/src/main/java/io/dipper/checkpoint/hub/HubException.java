package io.dipper.checkpoint.hub;

import java.io.IOException;

/// The hub could not give what was asked for. The message says what and why, for a person to read.
public final class HubException extends IOException {
    public enum Kind {
        /// The token is missing, wrong, or not allowed to read this repository.
        UNAUTHORIZED,
        /// No such repository, revision or file.
        NOT_FOUND,
        /// `HF_HUB_OFFLINE` is set and the cache does not hold it.
        OFFLINE,
        /// The content that arrived is not what the hub announced.
        CORRUPT,
        /// The hub, or the way to it, failed again and again.
        UNAVAILABLE,
        /// The hub answered with something that is not its protocol, or the repository holds no
        /// checkpoint.
        UNUSABLE
    }

    private final Kind kind;

    HubException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    HubException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
