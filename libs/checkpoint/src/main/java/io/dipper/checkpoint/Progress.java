package io.dipper.checkpoint;

/// Told how far a long piece of work has come. Called often and from the working thread: an
/// implementation throttles itself and returns at once.
@FunctionalInterface
public interface Progress {
    Progress NONE = (phase, done, total) -> {};

    /// `done` of `total` bytes (or tensors, as the phase counts) of `phase`, such as `copy
    /// config.json`.
    void report(String phase, long done, long total);
}
