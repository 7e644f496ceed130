package io.dipper.operators.cuda;

/// The chosen experts of many tokens: pairs of token and expert sorted by expert on the card, then
/// tensor cores over tiles of one expert's pairs, so that a matrix is read once a tile. A token's outputs
/// are added best expert first.
///
/// The card alone knows how many tiles there are; as many blocks as there can be at most look for theirs.
final class GroupedExperts {
    /// Columns of the wider halves of a tile; as the kernels have it, their stages are fewer.
    private static final int WIDE = 64;

    private static final int WIDE_STAGES = 4;
    private static final int NARROW_STAGES = 6;
    private static final int ROW_BYTES = 128;
    private static final int BLOCK = 128;

    private static final int PLAIN_BLOCK = 256;

    private final CudaCard card;
    private final CudaGate gate;
    private final int tileRows;
    private final int half;
    private final int sharedBytes;
    private final CudaKernel prepare;
    private final CudaKernel open;
    private final CudaKernel close;
    private final CudaKernel sum;

    /// @param tileRows pairs of a tile: 16, 32 or 64
    /// @param half columns of each half of a tile: 32 or 64
    GroupedExperts(CudaCard card, CudaGate gate, int tileRows, int half) {
        this.card = card;
        this.gate = gate;
        this.tileRows = tileRows;
        this.half = half;
        this.sharedBytes = (half == WIDE ? WIDE_STAGES : NARROW_STAGES) * (tileRows + 2 * half) * ROW_BYTES;
        String[] defines = {"TILE_ROWS=" + tileRows, "HALF=" + half};
        this.prepare = card.kernel("grouped", "prepare_pairs", defines);
        this.open = card.kernel("grouped", "open_tiles", defines).allowShared(sharedBytes);
        this.close = card.kernel("grouped", "close_tiles", defines).allowShared(sharedBytes);
        this.sum = card.kernel("grouped", "sum_pairs", defines);
    }

    static boolean can(ExpertsCall call) {
        return call.hidden() % 8 == 0 && call.inner() % 8 == 0;
    }

    /// What [#run] takes of the card's scratch for one token.
    static long scratchBytesOfToken(ExpertsCall call) {
        return call.used() * (6L * call.hidden() + 2L * call.inner());
    }

    void run(ExpertsCall call) {
        int pairs = call.pairs();
        int inputRows = call.weighsInput() ? pairs : call.tokens();
        long outputBytes = (long) Float.BYTES * pairs * call.hidden();
        long inputBytes = (long) Short.BYTES * inputRows * call.hidden();
        long joinedBytes = (long) Short.BYTES * pairs * call.inner();
        long outputs = card.scratch()
                .take(outputBytes + inputBytes + joinedBytes + (long) Integer.BYTES * (pairs + call.experts() + 1));
        long inputs = outputs + outputBytes;
        long joined = inputs + inputBytes;
        long order = joined + joinedBytes;
        long starts = order + (long) Integer.BYTES * pairs;
        long quarters = (long) inputRows * call.hidden() / 4;
        int roundingBlocks = Math.toIntExact(Math.ceilDiv(quarters, (long) PLAIN_BLOCK));
        prepare.with()
                .address(call.chosen())
                .integer(pairs)
                .integer(call.experts())
                .address(starts)
                .address(order)
                .address(call.x())
                .address(call.weighsInput() ? call.weights() : 0)
                .address(inputs)
                .integer(call.used())
                .integer(call.hidden() / 4)
                .address(quarters)
                .launchEarly(call.experts() + roundingBlocks, 1, 1, PLAIN_BLOCK, 0, call.stream());
        products(call, inputs, joined, outputs, order, starts);
        sum.with()
                .address(outputs)
                .address(call.weights())
                .address(call.y())
                .integer(call.used())
                .integer(call.hidden() / 4)
                .integer(call.weighsInput() ? 1 : 0)
                .launchEarly(
                        Math.ceilDiv(call.hidden() / 4, PLAIN_BLOCK), call.tokens(), 1, PLAIN_BLOCK, 0, call.stream());
    }

    private void products(ExpertsCall call, long inputs, long joined, long outputs, long order, long starts) {
        int tiles = Math.min(call.pairs(), call.pairs() / tileRows + call.experts());
        open.with()
                .address(inputs)
                .address(order)
                .address(starts)
                .address(call.gateUp())
                .address(call.gateUpBias())
                .address(joined)
                .integer(call.experts())
                .integer(call.weighsInput() ? 1 : call.used())
                .integer(call.hidden())
                .integer(call.inner())
                .structure(gate.structure())
                .launchEarly(tiles, Math.ceilDiv(call.inner(), half), 1, BLOCK, sharedBytes, call.stream());
        close.with()
                .address(joined)
                .address(order)
                .address(starts)
                .address(call.down())
                .address(call.downBias())
                .address(outputs)
                .integer(call.experts())
                .integer(call.hidden())
                .integer(call.inner())
                .launchEarly(tiles, Math.ceilDiv(call.hidden(), 2 * half), 1, BLOCK, sharedBytes, call.stream());
    }
}
