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

    /// As the kernels have them.
    private static final int DECODE_WARPS = 4;

    private static final int PREPARE_WARPS = 8;
    private static final int PREPARED = 4;

    /// Of shared memory, in the kernel itself, at most.
    private static final int DECLARED_BYTES = 1536;

    private final CudaCard card;
    private final AttentionShape shape;
    private final AttentionStructure structure;
    private final int stages;
    private final CudaKernel decode;
    private final CudaKernel prepare;
    private final PromptAttention prompts;

    TiledAttention(CudaCard card, AttentionShape shape) {
        this.card = card;
        this.shape = shape;
        this.structure = new AttentionStructure(shape);
        this.stages = decodeStages(card, shape);
        this.decode = kernel("decode", List.of("DECODE_STAGES=" + stages))
                .allowShared(decodeBytes(shape, stages))
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
                && decodeStages(card, shape) > 0
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

    /// Tiles of keys and values that a warp has on their way: three where two blocks have room for them on a
    /// multiprocessor, else two; 0 if one block has no room for these.
    private static int decodeStages(CudaCard card, AttentionShape shape) {
        if (decodeBytes(shape, 3) + DECLARED_BYTES <= card.halfSharedBytes()) {
            return 3;
        }
        return decodeBytes(shape, 2) + DECLARED_BYTES <= card.mostSharedBytes() ? 2 : 0;
    }

    private static int decodeBytes(AttentionShape shape, int stages) {
        int queries = shape.group() > 8 ? 16 : 8;
        return DECODE_WARPS * stages * 16 * (2 * (shape.headDim() + shape.valueDim()) + 16)
                + queries * (2 * shape.headDim() + 16)
                + DECODE_WARPS * Float.BYTES * shape.headDim()
                + Float.BYTES * landing(shape);
    }

    /// What a block gets from the others of its cluster: their sums of a slice of values, their maxima and weights.
    /// Slices are equal and of whole fours, so that together they may be up to four values a block longer.
    private static int landing(AttentionShape shape) {
        int members = Math.min(shape.group(), DecodeSplits.MOST_MEMBERS);
        return members * (shape.valueDim() + 2 * DecodeSplits.MOST_CLUSTER) + 4 * DecodeSplits.MOST_CLUSTER;
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
        int threads = 32 * DECODE_WARPS;
        int bytes = decodeBytes(shape, stages);
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
