package io.dipper.operators.cuda;

/// One run of `Experts`: its measures, the device addresses of its inputs and output, and the stream.
///
/// @param used experts of a token
/// @param inner width between an expert's projections
/// @param gateUpBias 0 without, as `downBias`
/// @param weighsInput whether inputs are multiplied by the weights, not outputs
record ExpertsCall(
        int tokens,
        int used,
        int experts,
        int hidden,
        int inner,
        long x,
        long chosen,
        long weights,
        long gateUp,
        long down,
        long gateUpBias,
        long downBias,
        long y,
        boolean weighsInput,
        long stream) {

    int pairs() {
        return tokens * used;
    }

    /// What a kernel is told that opens the chosen experts pair by pair: their gate and up, joined into `joined`.
    CudaKernel opening(CudaKernel kernel, long joined, CudaGate gate) {
        return measures(kernel.with()
                        .address(x)
                        .address(chosen)
                        .address(weights)
                        .address(gateUp)
                        .address(gateUpBias)
                        .address(joined))
                .structure(gate.structure());
    }

    /// What one is told that closes them: their down projections of `joined`, added up for each token.
    CudaKernel closing(CudaKernel kernel, long joined) {
        return measures(kernel.with()
                .address(joined)
                .address(chosen)
                .address(weights)
                .address(down)
                .address(downBias)
                .address(y));
    }

    private CudaKernel measures(CudaKernel kernel) {
        return kernel.integer(used).integer(hidden).integer(inner).integer(weighsInput ? 1 : 0);
    }

    /// The same for `count` tokens from `first` on.
    ExpertsCall slice(int first, int count) {
        long tokenBytes = (long) Float.BYTES * first * hidden;
        long pairBytes = (long) Float.BYTES * first * used;
        return new ExpertsCall(
                count,
                used,
                experts,
                hidden,
                inner,
                x + tokenBytes,
                chosen + pairBytes,
                weights + pairBytes,
                gateUp,
                down,
                gateUpBias,
                downBias,
                y + tokenBytes,
                weighsInput,
                stream);
    }
}
