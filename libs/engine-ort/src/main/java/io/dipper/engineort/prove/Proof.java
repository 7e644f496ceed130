package io.dipper.engineort.prove;

import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.OperatorForms;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How a served model compares with itself and, where there is one, with its reference.
///
/// @param greedyIds the continuation that was served
/// @param reference null where the checkpoint brings none: then only self-consistency is shown
/// @param prefillDecodeDiff largest difference of a position's logits between reading (whole and in
///     chunks) and decoding
/// @param batchDiff largest difference of a position's logits between alone and in company
/// @param operators for each operator of ours, in which form it was run, see [#forms]
public record Proof(
        int[] greedyIds,
        @Nullable Comparison reference,
        double prefillDecodeDiff,
        double batchDiff,
        Limits limits,
        SortedMap<String, String> operators) {
    public Proof {
        operators = Collections.unmodifiableSortedMap(new TreeMap<>(operators));
    }

    Proof(int[] greedyIds, @Nullable Comparison reference, double prefillDecodeDiff, double batchDiff, Limits limits) {
        this(greedyIds, reference, prefillDecodeDiff, batchDiff, limits, Collections.emptySortedMap());
    }

    /// What runs in an export: `dipper (cuda)`, `dipper (java)`, `stock`, or both with their nodes.
    static SortedMap<String, String> forms(Manifest manifest) {
        String ours = manifest.target().startsWith("cuda") ? "dipper (cuda)" : "dipper (java)";
        SortedMap<String, String> forms = new TreeMap<>();
        manifest.operators().forEach((operator, nodes) -> forms.put(operator, form(ours, nodes)));
        if (!manifest.draws()) {
            forms.put("Sample", ours);
        }
        return forms;
    }

    private static String form(String ours, OperatorForms nodes) {
        if (nodes.dipper() > 0 && nodes.stock() > 0) {
            return "%s: %d, stock: %d".formatted(ours, nodes.dipper(), nodes.stock());
        }
        return nodes.stock() > 0 ? "stock" : ours;
    }

    public enum Verdict {
        PASS,
        FAIL,
        AMBIGUOUS
    }

    /// With a reference's answers.
    ///
    /// @param maxLogitDiff largest absolute difference, over prompt and continuation
    /// @param promptLogitDiff the same over the prompt alone
    /// @param positionsOver positions of the prompt, of `positions`, at which it is beyond the limit
    /// @param logitDiffElsewhere the largest at the prompt's other positions
    /// @param answerPositionsOver positions of the continuation at which it is beyond the limit, until the two part
    /// @param greedyMatch whether the continuation is the reference's
    /// @param undecided of ids that differ: whether the reference's own gap there is too small to
    ///     decide
    public record Comparison(
            double maxLogitDiff,
            double promptLogitDiff,
            int positionsOver,
            int positions,
            double logitDiffElsewhere,
            int answerPositionsOver,
            boolean greedyMatch,
            boolean undecided) {

        /// Whether so few positions, beside a prompt's length, are beyond the limit that a router's near tie, which
        /// fell
        /// the other way there, may be why.
        boolean isFarAtFewPositions() {
            return (positionsOver + answerPositionsOver) * FEW_POSITIONS <= positions;
        }

        /// One in so many.
        private static final int FEW_POSITIONS = 10;
    }

    /// What a proof allows.
    ///
    /// @param logits most that a logit may differ from the reference's
    /// @param self most that it may differ between ways of computing it here
    /// @param rounded whether weights are rounded, so that a router's choice may turn
    public record Limits(double logits, double self, boolean rounded) {
        private Limits(double logits, double self) {
            this(logits, self, false);
        }

        public static final Limits CPU_F32 = new Limits(2e-4, 1e-4);

        /// Of designs with recurrent mixers, which carry every rounding on: the reference differs from
        /// itself by 1.6e-4 there.
        public static final Limits RECURRENT_CPU_F32 = new Limits(5e-4, 1e-4);

        /// Of matrices and caches rounded to bfloat16. PyTorch's own bfloat16 runs of the reference
        /// checkpoints differ from float32 by up to 0.62; two ways of computing sum and round in other orders.
        public static final Limits CUDA_BF16 = new Limits(0.62, 0.31, true);

        /// The same with recurrent mixers: PyTorch's run of such a design differs by 5.98.
        public static final Limits RECURRENT_CUDA_BF16 = CUDA_BF16.withLogits(1.5);

        public Limits withLogits(double limit) {
            return new Limits(limit, self, rounded);
        }

        /// Those of an export's target and design.
        public static Limits of(Manifest manifest) {
            boolean recurrent = manifest.kvGroups().stream().anyMatch(Manifest.KvGroup::keepsState);
            if (manifest.target().startsWith("cuda")) {
                return recurrent ? RECURRENT_CUDA_BF16 : CUDA_BF16;
            }
            return recurrent ? RECURRENT_CPU_F32 : CPU_F32;
        }
    }

    public Verdict verdict() {
        // A comparison with NaN is false: written so that NaN fails.
        boolean near = prefillDecodeDiff <= limits.self() && batchDiff <= limits.self();
        if (near && (reference == null || (reference.greedyMatch() && reference.maxLogitDiff() <= limits.logits()))) {
            return Verdict.PASS;
        }
        return near && reference != null && isUndecided(reference) ? Verdict.AMBIGUOUS : Verdict.FAIL;
    }

    private boolean isUndecided(Comparison comparison) {
        return comparison.greedyMatch() ? limits.rounded() && comparison.isFarAtFewPositions() : comparison.undecided();
    }
}
