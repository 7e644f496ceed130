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
    private static final int MOST_GROUP = 64;
    private static final int SMALL_TILE = 64;
    private static final int LARGE_TILE = 128;

    /// As the kernels have them.
    private static final int DECODE_WARPS = 4;

    private static final int PREPARE_WARPS = 8;
    private static final int PREFILL_STAGES = 2;
    private static final int PREFILL_WARPS = 4;
    private static final int MOST_MEMBERS = 16;

    private final CudaCard card;
    private final AttentionShape shape;
    private final AttentionStructure structure;
    private final CudaKernel decode;
    private final CudaKernel prepare;
    private final CudaKernel smallTiles;
    private final CudaKernel largeTiles;

    TiledAttention(CudaCard card, AttentionShape shape) {
        this.card = card;
        this.shape = shape;
        this.structure = new AttentionStructure(shape);
        this.decode = kernel("decode").allowShared(decodeBytes(shape));
        this.prepare = kernel("prepare");
        this.smallTiles = prefillKernel(SMALL_TILE);
        this.largeTiles = hasLargeTiles() ? prefillKernel(LARGE_TILE) : smallTiles;
    }

    /// Whether the kernels take such a layer on this card.
    static boolean covers(CudaCard card, AttentionShape shape) {
        return isWhole(shape.headDim())
                && isWhole(shape.valueDim())
                && shape.group() <= MOST_GROUP
                && shape.blockTokens() % 16 == 0
                && decodeBytes(shape) <= card.mostSharedBytes()
                && prefillBytes(shape, SMALL_TILE) <= card.mostSharedBytes();
    }

    private static boolean isWhole(int dimensions) {
        return dimensions % 16 == 0 && dimensions <= MOST_HEAD_DIM;
    }

    private boolean hasLargeTiles() {
        return hasSmallHeads(shape) && prefillBytes(shape, LARGE_TILE) <= card.mostSharedBytes();
    }

    private static boolean hasSmallHeads(AttentionShape shape) {
        return shape.headDim() <= 128 && shape.valueDim() <= 128;
    }

    private CudaKernel kernel(String name, String... more) {
        List<String> defines = new ArrayList<>(
                List.of("HEAD_DIM=" + shape.headDim(), "VALUE_DIM=" + shape.valueDim(), "GROUP=" + shape.group()));
        defines.addAll(List.of(more));
        return card.kernel("paged", name, defines.toArray(String[]::new));
    }

    private CudaKernel prefillKernel(int queries) {
        return kernel("prefill", "ROWS=" + queries).allowShared(prefillBytes(shape, queries));
    }

    /// A token's key and value in shared memory.
    private static int rowBytes(AttentionShape shape) {
        return 2 * (shape.headDim() + shape.valueDim()) + 16;
    }

    private static int queryBytes(AttentionShape shape) {
        return 2 * shape.headDim() + 16;
    }

    private static int decodeBytes(AttentionShape shape) {
        int queries = shape.group() > 8 ? 16 : 8;
        int stages = shape.headDim() + shape.valueDim() <= 256 ? 3 : 2;
        return DECODE_WARPS * stages * 16 * rowBytes(shape)
                + queries * queryBytes(shape)
                + DECODE_WARPS * Float.BYTES * shape.headDim();
    }

    private static int prefillBytes(AttentionShape shape, int rows) {
        int keys = hasSmallHeads(shape) ? 64 : 32;
        return PREFILL_STAGES * keys * rowBytes(shape) + rows * queryBytes(shape);
    }

    @Override
    public void launch(AttentionCall call) {
        boolean alone = call.tokens() == call.rows();
        var splits = DecodeSplits.of(shape, card, call.rows(), call.width());
        long queryBytes = alone ? 0 : 2L * call.tokens() * shape.heads() * shape.headDim();
        long partials = Math.ceilDiv(queryBytes, 256L) * 256;
        long scratch = card.scratch().take(partials + splits.partialBytes(shape, call.rows()));
        MemorySegment members = structure.with(call.width());
        if (alone) {
            decode(call, members, scratch, splits);
            return;
        }
        prepare(call, members, scratch);
        if (call.rows() > 1) {
            decode(call, members, scratch + partials, splits);
        }
        prefill(call, members, scratch);
    }

    private void prepare(AttentionCall call, MemorySegment members, long queries) {
        int heads = shape.heads() + (call.writes() ? 2 * shape.kvHeads() : 0);
        int blocks = Math.ceilDiv(call.tokens() * heads, PREPARE_WARPS);
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
        int columns = shape.kvHeads() * Math.ceilDiv(shape.group(), MOST_MEMBERS);
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
        int bytes = decodeBytes(shape);
        if (splits.cluster() > 1) {
            decode.launchClustered(
                    splits.cluster(), columns, splits.count(), call.rows(), threads, bytes, call.stream());
        } else {
            decode.launchEarly(columns, splits.count(), call.rows(), threads, bytes, call.stream());
        }
    }

    private void prefill(AttentionCall call, MemorySegment members, long queries) {
        boolean fills = hasLargeTiles() && tiles(LARGE_TILE, call) * shape.kvHeads() >= card.multiprocessors();
        int tile = fills ? LARGE_TILE : SMALL_TILE;
        CudaKernel kernel = fills ? largeTiles : smallTiles;
        kernel.with().structure(members).address(queries).address(call.pool());
        place(call, kernel)
                .address(call.sinks())
                .address(call.out())
                .integer(call.rows())
                .launchEarly(
                        shape.kvHeads(),
                        tiles(tile, call),
                        1,
                        32 * PREFILL_WARPS,
                        prefillBytes(shape, tile),
                        call.stream());
    }

    /// The most tiles that the step's rows of several tokens can make.
    private int tiles(int queries, AttentionCall call) {
        return call.tokens() / (queries / shape.group()) + Math.min(call.rows(), call.tokens() / 2);
    }

    private static CudaKernel place(AttentionCall call, CudaKernel kernel) {
        return kernel.address(call.positions()).address(call.starts()).address(call.table());
    }
}
