package io.dipper.registry.imports;

/// How far an import is. A job goes forward through these, and ends in one of the last two.
public enum ImportState {
    /// Waits for a worker, or for an earlier import of the same name.
    QUEUED,
    /// Its files are being fetched, hashed and copied.
    COPYING,
    /// Configuration and weights are compared with each other.
    CHECKING,
    /// Graph and weights are being written for the target.
    EXPORTING,
    READY,
    FAILED;

    boolean isFinal() {
        return this == READY || this == FAILED;
    }
}
