package io.dipper.operators.attention;

import static io.dipper.operators.Memory.putFloat;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.Memory;
import io.dipper.operators.Work;
import java.util.Arrays;

/// Softmax attention over the pool, block by block with a running maximum (the online softmax of
/// FlashAttention), so a context of any length needs no score matrix.
///
/// A token's answer is computed from its own blocks in order and from nothing else: company in the
/// step and the cut of the prompt into chunks change no bit of it.
final class AttentionKernel {
    /// Tiles of queries that pass a block together.
    private static final int TILES = 4;

    private final AttentionShape shape;
    private final PagedPool pool;
    private final HeadPreparation heads;
    private final int[] positions;
    private final int[] rows;

    AttentionKernel(AttentionShape shape, PagedPool pool, HeadPreparation heads, int[] positions, int[] rows) {
        this.shape = shape;
        this.pool = pool;
        this.heads = heads;
        this.positions = positions;
        this.rows = rows;
    }

    /// Puts the step's keys and values into the pool.
    void write(KernelContext context, long key, long value, long norm) {
        Work.split(context, positions.length, 8L * shape.valuesPerToken(), 1, (from, to) -> {
            float[] head = new float[shape.headDim()];
            for (int token = from; token < to; token++) {
                int slot = positions[token] % shape.blockTokens();
                for (int kvHead = 0; kvHead < shape.kvHeads(); kvHead++) {
                    long index = (long) token * shape.kvHeads() + kvHead;
                    long keys = pool.keys(rows[token], positions[token], kvHead);
                    heads.prepare(key + 4 * index * shape.headDim(), token, norm, head);
                    for (int i = 0; i < head.length; i++) {
                        putFloat(keys + 4L * (i * shape.blockTokens() + slot), head[i]);
                    }
                    Memory.copy(
                            value + 4 * index * shape.valueDim(),
                            pool.values(keys) + 4L * slot * shape.valueDim(),
                            4L * shape.valueDim());
                }
            }
        });
    }

    void attend(KernelContext context, long query, long norm, long sinks, long out) {
        int[] runs = runs(Math.max(1, TILES * QueryTile.QUERIES / shape.group()));
        int items = (runs.length - 1) * shape.kvHeads();
        long cost = 0;
        for (int position : positions) {
            cost += position - shape.firstSeen(position) + 1;
        }
        cost *= (long) shape.heads() * (shape.headDim() + shape.valueDim());
        int parts = Work.parts(items, cost);
        // Dealt out in turn: later tokens of a prompt see more, so contiguous parts would be of unequal work.
        Work.each(context, parts, part -> {
            QueryTile[] tiles = new QueryTile[Math.ceilDiv(longest(runs) * shape.group(), QueryTile.QUERIES)];
            Arrays.setAll(tiles, _ -> new QueryTile(shape));
            for (int item = part; item < items; item += parts) {
                int run = item / shape.kvHeads();
                int kvHead = item % shape.kvHeads();
                var sharing = new Heads(query, norm, sinks, out, kvHead);
                fill(tiles, runs[run], runs[run + 1], sharing);
                attend(tiles, rows[runs[run]], kvHead);
            }
        });
    }

    /// The queries that share a key-value head, with what goes to and comes from them.
    private record Heads(long query, long norm, long sinks, long out, int kvHead) {}

    /// Gives the tiles the queries of the tokens `from` to `to - 1`.
    private void fill(QueryTile[] tiles, int from, int to, Heads of) {
        float[] head = new float[shape.headDim()];
        int added = 0;
        for (int token = from; token < to; token++) {
            for (int member = 0; member < shape.group(); member++) {
                int number = of.kvHead * shape.group() + member;
                long index = (long) token * shape.heads() + number;
                heads.prepare(of.query + 4 * index * shape.headDim(), token, of.norm, head);
                tiles[added++ / QueryTile.QUERIES].add(
                        head,
                        positions[token],
                        of.out + 4 * index * shape.valueDim(),
                        of.sinks == 0 ? 0 : of.sinks + 4L * number);
            }
        }
    }

    /// Each block's keys, then its values are brought into the first-level cache once for all tiles.
    private void attend(QueryTile[] tiles, int row, int kvHead) {
        int first = Integer.MAX_VALUE;
        int last = 0;
        for (QueryTile tile : tiles) {
            first = Math.min(first, tile.firstSeen());
            last = Math.max(last, tile.lastSeen());
        }
        int block = first / shape.blockTokens() * shape.blockTokens();
        for (; block <= last; block += shape.blockTokens()) {
            long keys = pool.keys(row, block, kvHead);
            for (QueryTile tile : tiles) {
                if (tile.sees(block)) {
                    tile.score(keys);
                }
            }
            for (QueryTile tile : tiles) {
                if (tile.sees(block)) {
                    tile.add(block, pool.values(keys));
                }
            }
        }
        for (QueryTile tile : tiles) {
            tile.finish();
        }
    }

    private static int longest(int[] runs) {
        int most = 0;
        for (int run = 0; run + 1 < runs.length; run++) {
            most = Math.max(most, runs[run + 1] - runs[run]);
        }
        return most;
    }

    /// Cuts the step's tokens into runs of at most `most` tokens of one row; returns where each begins,
    /// and the end.
    private int[] runs(int most) {
        int[] starts = new int[positions.length + 1];
        int count = 0;
        for (int token = 0; token < positions.length; token++) {
            boolean goesOn = count > 0 && token - starts[count - 1] < most && rows[token] == rows[token - 1];
            if (!goesOn) {
                starts[count++] = token;
            }
        }
        starts[count] = positions.length;
        return Arrays.copyOf(starts, count + 1);
    }
}
