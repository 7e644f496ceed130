package io.dipper.operators.cuda;

import io.dipper.operators.attention.LatentShape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Latent attention by tensor cores: sixteen heads share every load of a latent, or thirty-two where
/// there are enough of them to keep the card busy, and a long context is cut into splits that are put
/// together in their order.
///
/// Few tokens meet the projection in kernels that have it in registers before the queries are there;
/// many do by cuBLAS, head by head.
final class TiledLatent {
    /// As the kernels have them.
    private static final int FEW_TOKENS = 8;

    private static final int FEW_BLOCK = 256;
    private static final int ABSORBED_COLUMNS = 256;
    private static final int EXPAND_BLOCK = 128;
    private static final int EXPANDED_ROWS_A_BLOCK = 32;
    private static final int SEEN = 32;
    private static final int HEADS = 16;
    private static final int MIX_BLOCK = 128;

    private static final int MOST_HEAD_TILES = 2;

    private static final int MOST_PLAIN_DIM = 128;
    private static final int MOST_LATENT_DIM = 512;

    /// Blocks of `mix_tiles` that fill a multiprocessor.
    private static final int BLOCKS_AT_ONCE = 3;

    private static final int MOST_SPLITS = 32;

    private final CudaCard card;
    private final LatentShape shape;
    private final CudaKernel absorb;
    private final CudaKernel prepare;
    private final List<CudaKernel> mixes;
    private final LatentWriter writer;
    private final int enoughBlocks;
    private final CudaKernel combine;
    private final CudaKernel expand;

    /// @param enoughBlocks so many blocks fill the card; where there are more, they take twice the heads
    TiledLatent(CudaCard card, LatentShape shape, int enoughBlocks) {
        this.card = card;
        this.shape = shape;
        String[] dimensions = {
            "LATENT=" + shape.latentDim(),
            "ROTARY=" + shape.rotaryDim(),
            "PLAIN=" + shape.plainDim(),
            "VALUE=" + shape.valueDim()
        };
        this.absorb = card.kernel("latent", "absorb_few", dimensions);
        this.prepare = card.kernel("latent", "prepare_queries", dimensions);
        this.enoughBlocks = enoughBlocks;
        this.writer = new LatentWriter(card);
        this.mixes = IntStream.rangeClosed(1, MOST_HEAD_TILES)
                .mapToObj(tiles -> mix(tiles, dimensions))
                .toList();
        this.combine = card.kernel("latent", "combine", dimensions);
        this.expand = card.kernel("latent", "expand_few", dimensions);
    }

    private CudaKernel mix(int headTiles, String... dimensions) {
        List<String> defines = new ArrayList<>(List.of(dimensions));
        defines.add("HEAD_TILES=" + headTiles);
        return card.kernel("latent", "mix_tiles", defines.toArray(String[]::new))
                .allowShared(mixBytes(headTiles));
    }

    static boolean can(LatentShape shape) {
        return shape.latentDim() % ABSORBED_COLUMNS == 0
                && shape.latentDim() <= MOST_LATENT_DIM
                && shape.valuesPerToken() % 64 == 0
                && shape.plainDim() % 8 == 0
                && shape.plainDim() <= MOST_PLAIN_DIM
                && shape.valueDim() % 8 == 0;
    }

    /// The kernel's `MixMemory`: two tiles of latents, or one and the queries of two tiles of heads; four
    /// parts of the scores, shares, three values a head.
    private int mixBytes(int headTiles) {
        int heads = HEADS * headTiles;
        int rows = headTiles > 1 ? SEEN + heads : 2 * SEEN;
        int scores = 4 * Float.BYTES * heads * (SEEN + 4);
        int shares = Short.BYTES * heads * (SEEN + 8);
        return Short.BYTES * rows * (shape.valuesPerToken() + 8) + scores + shares + 3 * Float.BYTES * heads;
    }

    void run(LatentCall call, MemorySegment structure) {
        run(call, structure, call.tokens() <= FEW_TOKENS);
    }

    private void run(LatentCall call, MemorySegment structure, boolean few) {
        long vectors = (long) call.tokens() * shape.heads();
        int headTiles = headTiles(call);
        int groups = Math.ceilDiv(shape.heads(), HEADS * headTiles);
        int splits = splits(call, groups);
        long absorbedBytes = Short.BYTES * vectors * shape.valuesPerToken();
        long plainBytes = few ? 0 : Short.BYTES * vectors * shape.plainDim();
        long mixedBytes = Short.BYTES * vectors * shape.latentDim();
        long partBytes = splits == 1 ? 0 : Float.BYTES * vectors * splits * shape.latentDim();
        long measureBytes = splits == 1 ? 0 : 2 * Float.BYTES * vectors * splits;
        long parts = card.scratch().take(partBytes + measureBytes + absorbedBytes + plainBytes + mixedBytes);
        long measures = parts + partBytes;
        long absorbed = measures + measureBytes;
        long plain = absorbed + absorbedBytes;
        long mixed = plain + plainBytes;
        if (few) {
            absorbFew(call, structure, absorbed);
        } else {
            writer.run(call, structure);
            absorbMany(call, structure, plain, absorbed);
        }
        mixes.get(headTiles - 1)
                .with()
                .structure(structure)
                .address(absorbed)
                .address(call.pool())
                .address(call.positions())
                .address(call.starts())
                .address(call.table())
                .address(mixed)
                .address(parts)
                .address(measures)
                .launchEarly(
                        call.tokens() * groups, splits, 1, MIX_BLOCK * headTiles, mixBytes(headTiles), call.stream());
        if (splits > 1) {
            combine.with()
                    .structure(structure)
                    .address(call.positions())
                    .address(parts)
                    .address(measures)
                    .address(mixed)
                    .integer(splits)
                    .launchEarly(call.tokens(), shape.heads(), 1, shape.latentDim() / 4, 0, call.stream());
        }
        if (few) {
            expandFew(call, structure, mixed);
        } else {
            expandMany(call, mixed);
        }
    }

    private int headTiles(LatentCall call) {
        int blocks = call.tokens() * Math.ceilDiv(shape.heads(), HEADS * MOST_HEAD_TILES);
        return blocks >= enoughBlocks ? MOST_HEAD_TILES : 1;
    }

    /// As many as fill the card, by what is known before a run: the context's bound, not its length.
    private int splits(LatentCall call, int groups) {
        int blocks = call.tokens() * groups;
        int wanted = Math.ceilDiv(BLOCKS_AT_ONCE * card.multiprocessors(), Math.max(1, blocks));
        long tiles = Math.ceilDiv((long) call.tableWidth() * shape.blockTokens(), (long) SEEN);
        return Math.clamp(wanted, 1, Math.clamp(tiles, 1, MOST_SPLITS));
    }

    private void absorbFew(LatentCall call, MemorySegment structure, long absorbed) {
        absorb.with()
                .structure(structure)
                .address(call.query())
                .address(call.projection())
                .address(call.cosines())
                .address(call.sines())
                .address(absorbed)
                .integer(call.tokens())
                .address(call.latent())
                .address(call.pool())
                .address(call.positions())
                .address(call.starts())
                .address(call.table())
                .address(call.norm())
                .launchEarly(
                        shape.heads() + call.tokens(),
                        shape.latentDim() / ABSORBED_COLUMNS,
                        1,
                        FEW_BLOCK,
                        0,
                        call.stream());
    }

    private void expandFew(LatentCall call, MemorySegment structure, long mixed) {
        expand.with()
                .structure(structure)
                .address(mixed)
                .address(call.projection())
                .address(call.out())
                .integer(call.tokens())
                .launchEarly(
                        shape.heads(),
                        Math.ceilDiv(shape.valueDim(), EXPANDED_ROWS_A_BLOCK),
                        1,
                        EXPAND_BLOCK,
                        0,
                        call.stream());
    }

    private void absorbMany(LatentCall call, MemorySegment structure, long plain, long absorbed) {
        prepare.with()
                .structure(structure)
                .address(call.query())
                .address(call.cosines())
                .address(call.sines())
                .address(plain)
                .address(absorbed)
                .launchEarly(call.tokens(), shape.heads(), 1, 64, 0, call.stream());
        // By columns: latents' values [l, p] of a head times its queries [p, tokens].
        var keys = new Blas.Factor(call.projection(), shape.latentDim(), projectionStride(), false);
        var queries = new Blas.Factor(plain, shape.heads() * shape.plainDim(), shape.plainDim(), false);
        var result = new Blas.Result(absorbed, shape.heads() * shape.valuesPerToken(), shape.valuesPerToken(), true);
        var measures = new Blas.Measures(shape.latentDim(), call.tokens(), shape.plainDim(), shape.heads());
        card.blas().products(keys, queries, result, measures, call.stream());
    }

    private void expandMany(LatentCall call, long mixed) {
        long first = call.projection() + (long) Short.BYTES * shape.plainDim() * shape.latentDim();
        var values = new Blas.Factor(first, shape.latentDim(), projectionStride(), true);
        var inputs = new Blas.Factor(mixed, shape.heads() * shape.latentDim(), shape.latentDim(), false);
        var result = new Blas.Result(call.out(), shape.heads() * shape.valueDim(), shape.valueDim(), false);
        var measures = new Blas.Measures(shape.valueDim(), call.tokens(), shape.latentDim(), shape.heads());
        card.blas().products(values, inputs, result, measures, call.stream());
    }

    private long projectionStride() {
        return (long) (shape.plainDim() + shape.valueDim()) * shape.latentDim();
    }
}
