package io.dipper.operators.cuda;

/// The chosen experts at widths that the faster forms do not take: a warp a pair or token and a column.
final class PlainExperts {
    private static final int BLOCK = 256;
    private static final int WARPS = BLOCK / 32;

    private final CudaCard card;
    private final CudaGate gate;
    private final CudaKernel open;
    private final CudaKernel close;

    PlainExperts(CudaCard card, CudaGate gate) {
        this.card = card;
        this.gate = gate;
        this.open = card.kernel("experts", "open_any");
        this.close = card.kernel("experts", "close_any");
    }

    void run(ExpertsCall call) {
        long joined = card.scratch().take((long) Float.BYTES * call.pairs() * call.inner());
        call.opening(open, joined, gate)
                .launchEarly(Math.ceilDiv(call.inner(), WARPS), call.pairs(), 1, BLOCK, 0, call.stream());
        call.closing(close, joined)
                .launchEarly(Math.ceilDiv(call.hidden(), WARPS), call.tokens(), 1, BLOCK, 0, call.stream());
    }
}
