package io.dipper.operators.cuda;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.attention.AttentionInputs;
import io.dipper.operators.attention.AttentionShape;

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

    private static final int DECODE_STAGES = 2;
    private static final int PREPARE_WARPS = 8;
    private static final int PREFILL_STAGES = 2;
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
        this.decode = kernel("decode", SMALL_TILE).allowShared(decodeBytes(shape));
        this.prepare = kernel("prepare", SMALL_TILE);
        this.smallTiles = kernel("prefill", SMALL_TILE).allowShared(prefillBytes(shape, SMALL_TILE));
        this.largeTiles = hasLargeTiles()
                ? kernel("prefill", LARGE_TILE).allowShared(prefillBytes(shape, LARGE_TILE))
                : smallTiles;
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

    private CudaKernel kernel(String name, int rows) {
        return card.kernel(
                "paged",
                name,
                "HEAD_DIM=" + shape.headDim(),
                "VALUE_DIM=" + shape.valueDim(),
                "GROUP=" + shape.group(),
                "ROWS=" + rows);
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
        return DECODE_WARPS * DECODE_STAGES * 16 * rowBytes(shape)
                + queries * queryBytes(shape)
                + DECODE_WARPS * Float.BYTES * shape.headDim();
    }

    private static int prefillBytes(AttentionShape shape, int rows) {
        int keys = hasSmallHeads(shape) ? 64 : 32;
        return PREFILL_STAGES * keys * rowBytes(shape) + rows * queryBytes(shape);
    }

    @Override
    public void launch(KernelContext context, long out) {
        int tokens = (int) context.dimension(AttentionInputs.QUERY, 0);
        int rows = (int) context.dimension(AttentionInputs.TABLE, 0);
        int width = (int) context.dimension(AttentionInputs.TABLE, 1);
        boolean alone = tokens == rows;
        var splits = DecodeSplits.of(shape, card.multiprocessors(), rows, width);
        long queryBytes = alone ? 0 : 2L * tokens * shape.heads() * shape.headDim();
        long partials = Math.ceilDiv(queryBytes, 256L) * 256;
        long scratch = card.scratch().take(partials + splits.partialBytes(shape, rows));
        structure.with(width);
        if (!alone) {
            prepare(context, scratch, tokens, rows);
        }
        if (alone || rows > 1) {
            decode(context, out, scratch + partials, splits, alone);
        }
        if (!alone) {
            prefill(context, out, scratch, tokens, rows);
        }
    }

    private void prepare(KernelContext context, long queries, int tokens, int rows) {
        prepare.with()
                .structure(structure.with((int) context.dimension(AttentionInputs.TABLE, 1)))
                .address(AttentionForm.address(context, AttentionInputs.QUERY))
                .address(AttentionForm.address(context, AttentionInputs.KEY))
                .address(AttentionForm.address(context, AttentionInputs.VALUE))
                .address(AttentionForm.address(context, AttentionInputs.POOL))
                .address(queries);
        place(context, prepare)
                .address(AttentionForm.address(context, AttentionInputs.COS))
                .address(AttentionForm.address(context, AttentionInputs.SIN))
                .address(AttentionForm.address(context, AttentionInputs.QUERY_NORM))
                .address(AttentionForm.address(context, AttentionInputs.KEY_NORM))
                .integer(tokens)
                .integer(rows);
        int heads = shape.heads() + (context.hasInput(AttentionInputs.KEY) ? 2 * shape.kvHeads() : 0);
        int blocks = Math.ceilDiv(tokens * heads, PREPARE_WARPS);
        prepare.launchEarly(blocks, 1, 1, 32 * PREPARE_WARPS, 0, context.stream());
    }

    private void decode(KernelContext context, long out, long partials, DecodeSplits splits, boolean alone) {
        decode.with()
                .structure(structure.with((int) context.dimension(AttentionInputs.TABLE, 1)))
                .address(AttentionForm.address(context, AttentionInputs.QUERY))
                .address(AttentionForm.address(context, AttentionInputs.KEY))
                .address(AttentionForm.address(context, AttentionInputs.VALUE))
                .address(AttentionForm.address(context, AttentionInputs.POOL));
        place(context, decode)
                .address(AttentionForm.address(context, AttentionInputs.COS))
                .address(AttentionForm.address(context, AttentionInputs.SIN))
                .address(AttentionForm.address(context, AttentionInputs.QUERY_NORM))
                .address(AttentionForm.address(context, AttentionInputs.KEY_NORM))
                .address(AttentionForm.address(context, AttentionInputs.SINKS))
                .address(out)
                .address(partials)
                .address(card.tickets())
                .integer(splits.leastSixteens())
                .integer(alone ? 1 : 0)
                .launchEarly(
                        shape.kvHeads() * Math.ceilDiv(shape.group(), MOST_MEMBERS),
                        splits.count(),
                        (int) context.dimension(AttentionInputs.TABLE, 0),
                        32 * DECODE_WARPS,
                        decodeBytes(shape),
                        context.stream());
    }

    private void prefill(KernelContext context, long out, long queries, int tokens, int rows) {
        int large = tiles(LARGE_TILE, tokens, rows);
        boolean fills = hasLargeTiles() && large * shape.kvHeads() >= card.multiprocessors();
        int queriesOfTile = fills ? LARGE_TILE : SMALL_TILE;
        CudaKernel kernel = fills ? largeTiles : smallTiles;
        kernel.with()
                .structure(structure.with((int) context.dimension(AttentionInputs.TABLE, 1)))
                .address(queries)
                .address(AttentionForm.address(context, AttentionInputs.POOL));
        place(context, kernel)
                .address(AttentionForm.address(context, AttentionInputs.SINKS))
                .address(out)
                .integer(rows)
                .launchEarly(
                        shape.kvHeads(),
                        tiles(queriesOfTile, tokens, rows),
                        1,
                        2 * queriesOfTile,
                        prefillBytes(shape, queriesOfTile),
                        context.stream());
    }

    /// The most tiles that the step's rows of several tokens can make.
    private int tiles(int queries, int tokens, int rows) {
        return tokens / (queries / shape.group()) + Math.min(rows, tokens / 2);
    }

    private static CudaKernel place(KernelContext context, CudaKernel kernel) {
        return kernel.address(context.input(AttentionInputs.POSITIONS).address())
                .address(context.input(AttentionInputs.STARTS).address())
                .address(context.input(AttentionInputs.TABLE).address());
    }
}
