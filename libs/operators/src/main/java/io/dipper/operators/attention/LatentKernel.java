package io.dipper.operators.attention;

import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.putFloat;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.Work;
import io.dipper.operators.norm.RmsNorms;

/// Latent attention over the pool. A piece of work is a few tokens by a few heads: the heads of a
/// piece share every load of a latent, its tokens every load of the projection.
///
/// A token's answer is computed from its own blocks in order and from nothing else: company in the
/// step and the cut of the prompt into chunks change no bit of it.
final class LatentKernel {
    private final LatentShape shape;
    private final LatentPool pool;
    private final Rotation rotation;
    private final long projection;
    private final int[] positions;
    private final int[] rows;

    /// @param projection address of the matrix from latents to every head's keys and values
    LatentKernel(LatentShape shape, LatentPool pool, Rotation rotation, long projection, int[] positions, int[] rows) {
        this.shape = shape;
        this.pool = pool;
        this.rotation = rotation;
        this.projection = projection;
        this.positions = positions;
        this.rows = rows;
    }

    /// Puts the step's latents, normed, and rotary keys into the pool.
    void write(KernelContext context, long latents, long norm) {
        int width = shape.valuesPerToken();
        Work.split(context, positions.length, 8L * width, 1, (from, to) -> {
            float[] key = new float[shape.rotaryDim()];
            for (int token = from; token < to; token++) {
                long source = latents + 4L * token * width;
                long kept = pool.token(rows[token], positions[token]);
                RmsNorms.row(source, norm, kept, shape.latentDim(), shape.normEpsilon());
                for (int i = 0; i < key.length; i++) {
                    key[i] = floatAt(source + 4L * (shape.latentDim() + i));
                }
                rotation.turn(key, 0, token);
                for (int i = 0; i < key.length; i++) {
                    putFloat(kept + 4L * (shape.latentDim() + i), key[i]);
                }
            }
        });
    }

    void attend(KernelContext context, long query, long out) {
        int tokenTiles = Math.ceilDiv(positions.length, LatentTile.TOKENS);
        int headTiles = Math.ceilDiv(shape.heads(), LatentTile.HEADS);
        int items = tokenTiles * headTiles;
        int parts = Work.parts(items, cost());
        // Dealt out in turn: later tokens of a prompt see more, so contiguous parts would be of unequal work.
        Work.each(context, parts, part -> {
            try (var tile = new LatentTile(shape, projection)) {
                for (int item = part; item < items; item += parts) {
                    int firstToken = item / headTiles * LatentTile.TOKENS;
                    int firstHead = item % headTiles * LatentTile.HEADS;
                    tile.place(
                            firstToken,
                            Math.min(LatentTile.TOKENS, positions.length - firstToken),
                            firstHead,
                            Math.min(LatentTile.HEADS, shape.heads() - firstHead));
                    tile.absorb(query, rotation);
                    for (int token = 0; token < tile.tokens(); token++) {
                        mix(tile, token);
                    }
                    tile.expand(out);
                }
            }
        });
    }

    private long cost() {
        long seen = 0;
        for (int position : positions) {
            seen += position + 1;
        }
        long projected = (long) positions.length * shape.projectedDim() * shape.latentDim();
        return shape.heads() * (projected + 2 * seen * shape.valuesPerToken());
    }

    private void mix(LatentTile tile, int token) {
        int row = rows[tile.firstToken() + token];
        int position = positions[tile.firstToken() + token];
        tile.begin();
        for (int block = 0; block <= position; block += shape.blockTokens()) {
            int count = Math.min(position - block + 1, shape.blockTokens());
            tile.take(pool.token(row, block), count, token);
        }
        tile.end(token);
    }
}
