package io.dipper.registry.proofs;

import io.dipper.registry.catalogue.ExportState;

/// What a proof found.
enum Verdict {
    PASS(ExportState.PROVEN),
    FAIL(ExportState.FAILED),
    AMBIGUOUS(ExportState.AMBIGUOUS),
    /// The prover does not know the design that we exported: its build is not ours.
    REFUSED(ExportState.FAILED);

    private final ExportState state;

    Verdict(ExportState state) {
        this.state = state;
    }

    ExportState state() {
        return state;
    }
}
