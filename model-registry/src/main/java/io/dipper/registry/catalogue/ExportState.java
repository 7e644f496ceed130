package io.dipper.registry.catalogue;

/// How far an export's answers are known to be right.
public enum ExportState {
    /// Nobody has compared them yet.
    UNPROVEN,
    /// An inference-service is at it.
    PROVING,
    /// They are the reference's, or the same however they are computed.
    PROVEN,
    /// They differ where the reference itself nearly ties.
    AMBIGUOUS,
    /// They are wrong: not to be served.
    FAILED
}
