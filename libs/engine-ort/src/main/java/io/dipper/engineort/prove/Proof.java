package io.dipper.engineort.prove;

/// How a served model compares with its reference and with itself.
///
/// @param maxLogitDiff largest absolute difference to the reference, over prompt and continuation
/// @param greedyIds the continuation that was served
/// @param greedyMatch whether it is the reference's
/// @param prefillDecodeDiff largest difference of a position's logits between reading (whole and in
///     chunks) and
/// decoding
/// @param batchDiff largest difference of a position's logits between alone and in company
/// @param undecided of ids that differ: whether the reference's own gap there is too small to decide
public record Proof(
        double maxLogitDiff,
        int[] greedyIds,
        boolean greedyMatch,
        double prefillDecodeDiff,
        double batchDiff,
        boolean undecided,
        Limits limits) {

    public enum Verdict {
        PASS,
        FAIL,
        AMBIGUOUS
    }

    /// What a proof allows.
    ///
    /// @param logits most that a logit may differ from the reference's
    /// @param self most that it may differ between ways of computing it here
    public record Limits(double logits, double self) {
        public static final Limits CPU_F32 = new Limits(2e-4, 1e-4);
    }

    public Verdict verdict() {
        // A comparison with NaN is false: written so that NaN fails.
        boolean near = prefillDecodeDiff <= limits.self() && batchDiff <= limits.self();
        if (near && greedyMatch && maxLogitDiff <= limits.logits()) {
            return Verdict.PASS;
        }
        return near && !greedyMatch && undecided ? Verdict.AMBIGUOUS : Verdict.FAIL;
    }
}
