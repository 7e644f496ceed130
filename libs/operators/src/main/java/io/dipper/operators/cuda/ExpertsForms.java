package io.dipper.operators.cuda;

import java.util.List;

/// The forms of `Experts` on a card, and which of them a call takes. Shapes alone decide, so a captured
/// graph always takes the same one.
final class ExpertsForms {
    /// What the grouped forms may take of the card at once; longer steps read the experts once a slice.
    private static final long MOST_SCRATCH_BYTES = 256L << 20;

    /// The hardware's limit of blocks in a grid's second dimension.
    private static final int MOST_BLOCKS = 65_535;

    /// Up to so many pairs, sorting them takes longer than what it saves, if there are enough experts that
    /// hardly one is chosen twice.
    private static final int FEW_PAIRS = 10;

    private static final int EXPERTS_A_PAIR = 4;

    private static final int NARROW = 0;
    private static final int OF_32 = 1;
    private static final int OF_64 = 2;

    private final PlainExperts plain;
    private final FewExperts few;
    private final List<GroupedExperts> grouped;

    ExpertsForms(CudaCard card, CudaGate gate) {
        this.plain = new PlainExperts(card, gate);
        this.few = new FewExperts(card, gate, 1, 4);
        this.grouped = List.of(
                new GroupedExperts(card, gate, 16, 32),
                new GroupedExperts(card, gate, 32, 64),
                new GroupedExperts(card, gate, 64, 64));
    }

    void run(ExpertsCall call) {
        if (isFew(call)) {
            few(call);
        } else if (GroupedExperts.can(call)) {
            grouped(call, form(call));
        } else {
            plain(call);
        }
    }

    private static boolean isFew(ExpertsCall call) {
        return call.pairs() <= FEW_PAIRS && call.pairs() * EXPERTS_A_PAIR <= call.experts() && FewExperts.can(call);
    }

    /// As many as hold most experts' pairs in one tile, if they are chosen alike.
    private static int form(ExpertsCall call) {
        int pairsOfExpert = call.pairs() / call.experts();
        return pairsOfExpert < 8 ? NARROW : pairsOfExpert < 24 ? OF_32 : OF_64;
    }

    void few(ExpertsCall call) {
        few.run(call);
    }

    void grouped(ExpertsCall call, int which) {
        long most = MOST_SCRATCH_BYTES / GroupedExperts.scratchBytesOfToken(call);
        int slice = Math.clamp(most, 1, MOST_BLOCKS);
        GroupedExperts chosen = grouped.get(which);
        for (int token = 0; token < call.tokens(); token += slice) {
            ExpertsCall part = call.slice(token, Math.min(slice, call.tokens() - token));
            chosen.run(part);
        }
    }

    private void plain(ExpertsCall call) {
        int slice = MOST_BLOCKS / call.used();
        for (int token = 0; token < call.tokens(); token += slice) {
            plain.run(call.slice(token, Math.min(slice, call.tokens() - token)));
        }
    }
}
