package io.dipper.operators.cuda;

import io.dipper.operators.attention.AttentionShape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Attention on tensor cores, for heads of whole 16s: rows of one token by splits of their context,
/// rows of more tokens by tiles of queries that share their keys.
///
/// What a row does depends on positions that the card alone knows; grids are upper bounds of it.
final class TiledAttention implements AttentionForm {
    private static final int MOST_HEAD_DIM = 256;

    /// As the kernel has them.
    private static final int PREPARE_WARPS = 8;
    private static final int PREPARED = 4;

    private final CudaCard card;
    private final AttentionShape shape;
    private final AttentionStructure structure;
    private final DecodeRings rings;
    private final CudaKernel decode;
    private final CudaKernel prepare;
    private final PromptAttention prompts;

    TiledAttention(CudaCard card, AttentionShape shape) {
        this.card = card;
        this.shape = shape;
        this.structure = new AttentionStructure(shape);
        this.rings = DecodeRings.of(shape, card.mostSharedBytes()).orElseThrow();
        this.decode = kernel("decode", List.of("DECODE_WARPS=" + rings.warps(), "DECODE_STAGES=" + rings.stages()))
                .allowShared(rings.bytes(shape))
                .preferShared();
        this.prepare = kernel("prepare", List.of());
        this.prompts = new PromptAttention(card, shape);
    }

    /// Whether the kernels take such a layer on this card.
    static boolean covers(CudaCard card, AttentionShape shape) {
        return isWhole(shape.headDim())
                && isWhole(shape.valueDim())
                && shape.group() <= PrefillTile.SMALL_ROWS
                && shape.blockTokens() % 16 == 0
                && DecodeRings.of(shape, card.mostSharedBytes()).isPresent()
                && PrefillTile.small(shape, card.mostSharedBytes()).isPresent();
    }

    private static boolean isWhole(int dimensions) {
        return dimensions % 16 == 0 && dimensions <= MOST_HEAD_DIM;
    }

    private CudaKernel kernel(String name, List<String> more) {
        List<String> defines = new ArrayList<>(structure.defines());
        defines.addAll(more);
        return card.kernel(name, name, defines.toArray(String[]::new));
    }

    @Override
    public void launch(AttentionCall call) {
        boolean alone = call.tokens() == call.rows();
        var splits = DecodeSplits.of(shape, card, call.rows(), call.width());
        long queryBytes = alone ? 0 : 2L * call.tokens() * shape.heads() * shape.headDim();
        long partials = Math.ceilDiv(queryBytes, 256L) * 256;
        long scratch = card.scratch().take(partials + splits.partialBytes(shape, call.rows()));
        MemorySegment members = structure.of(call);
        if (alone) {
            decode(call, members, scratch, splits);
            return;
        }
        prepare(call, members, scratch);
        if (call.rows() > 1) {
            decode(call, members, scratch + partials, splits);
        }
        prompts.launch(call, members, scratch);
    }

    private void prepare(AttentionCall call, MemorySegment members, long queries) {
        int items = Math.ceilDiv(shape.heads(), PREPARED)
                + (call.writes() ? 2 * Math.ceilDiv(shape.kvHeads(), PREPARED) : 0);
        int blocks = Math.ceilDiv(call.tokens() * items, PREPARE_WARPS);
        prepare.with()
                .structure(members)
                .address(call.query())
                .address(call.key())
                .address(call.value())
                .address(call.pool())
                .address(queries);
        place(call, prepare)
                .address(call.cosines())
                .address(call.sines())
                .address(call.queryNorm())
                .address(call.keyNorm())
                .integer(call.tokens())
                .integer(call.rows())
                .launchEarly(blocks, 1, 1, 32 * PREPARE_WARPS, 0, call.stream());
    }

    private void decode(AttentionCall call, MemorySegment members, long partials, DecodeSplits splits) {
        int columns = shape.kvHeads() * Math.ceilDiv(shape.group(), DecodeSplits.MOST_MEMBERS);
        decode.with()
                .structure(members)
                .address(call.query())
                .address(call.key())
                .address(call.value())
                .address(call.pool());
        place(call, decode)
                .address(call.cosines())
                .address(call.sines())
                .address(call.queryNorm())
                .address(call.keyNorm())
                .address(call.sinks())
                .address(call.out())
                .address(partials)
                .address(card.tickets())
                .integer(splits.leastSixteens())
                .integer(call.tokens() == call.rows() ? 1 : 0);
        int threads = 32 * rings.warps();
        int bytes = rings.bytes(shape);
        if (splits.cluster() > 1) {
            decode.launchClustered(
                    splits.cluster(), columns, splits.count(), call.rows(), threads, bytes, call.stream());
        } else {
            decode.launchEarly(columns, splits.count(), call.rows(), threads, bytes, call.stream());
        }
    }

    static CudaKernel place(AttentionCall call, CudaKernel kernel) {
        return kernel.address(call.positions()).address(call.starts()).address(call.table());
    }
}
