package io.dipper.operators.cuda;

/// The chosen experts of few tokens: warps read the chosen matrices' rows, once for each pair of token
/// and expert.
final class FewExperts {
    /// As the kernels have it.
    private static final int BLOCK = 128;

    private static final int WARPS = BLOCK / 32;

    /// What every kernel may use of shared memory.
    private static final int MOST_SHARED = 48 << 10;

    private final CudaCard card;
    private final CudaGate gate;
    private final int columnsOfBlock;
    private final CudaKernel open;
    private final CudaKernel close;

    /// @param columns of a warp
    /// @param depth chunks of each row that a lane has on the way
    FewExperts(CudaCard card, CudaGate gate, int columns, int depth) {
        this.card = card;
        this.gate = gate;
        this.columnsOfBlock = WARPS * columns;
        String[] defines = {"COLUMNS=" + columns, "DEPTH=" + depth};
        this.open = card.kernel("experts", "open_few", defines);
        this.close = card.kernel("experts", "close_few", defines);
    }

    static boolean can(ExpertsCall call) {
        return call.hidden() % 8 == 0
                && call.inner() % 8 == 0
                && Short.BYTES * call.hidden() <= MOST_SHARED
                && Short.BYTES * call.used() * call.inner() <= MOST_SHARED;
    }

    void run(ExpertsCall call) {
        long joined = card.scratch().take((long) Short.BYTES * call.pairs() * call.inner());
        call.opening(open, joined, gate)
                .launchEarly(
                        Math.ceilDiv(call.inner(), columnsOfBlock),
                        call.pairs(),
                        1,
                        BLOCK,
                        Short.BYTES * call.hidden(),
                        call.stream());
        call.closing(close, joined)
                .launchEarly(
                        Math.ceilDiv(call.hidden(), columnsOfBlock),
                        call.tokens(),
                        1,
                        BLOCK,
                        Short.BYTES * call.used() * call.inner(),
                        call.stream());
    }
}
