package io.dipper.operators.linear;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.load;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/// Dot products of four rows with a block of weight rows, for 512-bit vectors and their 32 registers.
///
/// A tile of 4 × 4 sums is held in registers along a stretch of K that leaves both operands in the
/// first-level cache, and in memory between stretches. So four rows of x pass a block of weights that
/// stays in the second-level cache, and weights are read from memory once.
///
/// Each sum has its lanes added up in the order of [io.dipper.operators.Memory#sum].
final class WideTile {
    static final int ROWS = 4;
    static final boolean AVAILABLE = LANES.length() == 16;

    private static final int TILE = 4;
    private static final int WIDTH = 16;
    private static final int TILE_FLOATS = ROWS * TILE * WIDTH;
    private static final long BLOCK_BYTES = 256 << 10;
    private static final int STRETCH = 1024;

    private static final VectorShuffle<Float> SWAP_8 = swap(8);
    private static final VectorShuffle<Float> SWAP_4 = swap(4);
    private static final VectorShuffle<Float> SWAP_2 = swap(2);
    private static final VectorShuffle<Float> SWAP_1 = swap(1);
    private static final VectorMask<Float> UPPER_8 = upper(8);
    private static final VectorMask<Float> UPPER_4 = upper(4);
    private static final VectorMask<Float> UPPER_2 = upper(2);
    private static final VectorMask<Float> UPPER_1 = upper(1);

    private final int k;
    private final int bound;
    private final float[] sums;

    WideTile(int k, int columns) {
        this.k = k;
        this.bound = LANES.loopBound(k);
        this.sums = new float[columns / TILE * TILE_FLOATS];
    }

    /// How many weight rows a block has.
    static int columnsOfBlock(int k) {
        return Math.clamp(BLOCK_BYTES / (4L * k), 16, 64) & -TILE;
    }

    /// Sums four rows of x with `columns` weight rows, a multiple of four.
    void sum(long x, long weight, int columns) {
        Arrays.fill(sums, 0);
        for (int from = 0; from < bound; from += STRETCH) {
            int to = Math.min(bound, from + STRETCH);
            for (int column = 0; column < columns; column += TILE) {
                stretch(x, weight + 4L * column * k, from, to, column / TILE * TILE_FLOATS);
            }
        }
        for (int column = 0; column < columns; column += TILE) {
            fold(column / TILE * TILE_FLOATS);
        }
    }

    float at(int row, int column) {
        return sums[column / TILE * TILE_FLOATS + row * TILE + column % TILE];
    }

    private void stretch(long x0, long w0, int from, int to, int at) {
        long x1 = x0 + 4L * k;
        long x2 = x1 + 4L * k;
        long x3 = x2 + 4L * k;
        long w1 = w0 + 4L * k;
        long w2 = w1 + 4L * k;
        long w3 = w2 + 4L * k;
        FloatVector a0 = FloatVector.fromArray(LANES, sums, at + 0);
        FloatVector a1 = FloatVector.fromArray(LANES, sums, at + 16);
        FloatVector a2 = FloatVector.fromArray(LANES, sums, at + 32);
        FloatVector a3 = FloatVector.fromArray(LANES, sums, at + 48);
        FloatVector b0 = FloatVector.fromArray(LANES, sums, at + 64);
        FloatVector b1 = FloatVector.fromArray(LANES, sums, at + 80);
        FloatVector b2 = FloatVector.fromArray(LANES, sums, at + 96);
        FloatVector b3 = FloatVector.fromArray(LANES, sums, at + 112);
        FloatVector d0 = FloatVector.fromArray(LANES, sums, at + 128);
        FloatVector d1 = FloatVector.fromArray(LANES, sums, at + 144);
        FloatVector d2 = FloatVector.fromArray(LANES, sums, at + 160);
        FloatVector d3 = FloatVector.fromArray(LANES, sums, at + 176);
        FloatVector e0 = FloatVector.fromArray(LANES, sums, at + 192);
        FloatVector e1 = FloatVector.fromArray(LANES, sums, at + 208);
        FloatVector e2 = FloatVector.fromArray(LANES, sums, at + 224);
        FloatVector e3 = FloatVector.fromArray(LANES, sums, at + 240);
        for (int i = from; i < to; i += WIDTH) {
            long offset = 4L * i;
            FloatVector u0 = load(x0 + offset);
            FloatVector u1 = load(x1 + offset);
            FloatVector u2 = load(x2 + offset);
            FloatVector u3 = load(x3 + offset);
            FloatVector w = load(w0 + offset);
            a0 = u0.fma(w, a0);
            b0 = u1.fma(w, b0);
            d0 = u2.fma(w, d0);
            e0 = u3.fma(w, e0);
            w = load(w1 + offset);
            a1 = u0.fma(w, a1);
            b1 = u1.fma(w, b1);
            d1 = u2.fma(w, d1);
            e1 = u3.fma(w, e1);
            w = load(w2 + offset);
            a2 = u0.fma(w, a2);
            b2 = u1.fma(w, b2);
            d2 = u2.fma(w, d2);
            e2 = u3.fma(w, e2);
            w = load(w3 + offset);
            a3 = u0.fma(w, a3);
            b3 = u1.fma(w, b3);
            d3 = u2.fma(w, d3);
            e3 = u3.fma(w, e3);
        }
        a0.intoArray(sums, at + 0);
        a1.intoArray(sums, at + 16);
        a2.intoArray(sums, at + 32);
        a3.intoArray(sums, at + 48);
        b0.intoArray(sums, at + 64);
        b1.intoArray(sums, at + 80);
        b2.intoArray(sums, at + 96);
        b3.intoArray(sums, at + 112);
        d0.intoArray(sums, at + 128);
        d1.intoArray(sums, at + 144);
        d2.intoArray(sums, at + 160);
        d3.intoArray(sums, at + 176);
        e0.intoArray(sums, at + 192);
        e1.intoArray(sums, at + 208);
        e2.intoArray(sums, at + 224);
        e3.intoArray(sums, at + 240);
    }

    /// Adds up the lanes of sixteen sums at once: each step puts the halves of two vectors into one.
    private void fold(int at) {
        fold(at, 8, UPPER_8, SWAP_8);
        fold(at, 4, UPPER_4, SWAP_4);
        fold(at, 2, UPPER_2, SWAP_2);
        fold(at, 1, UPPER_1, SWAP_1);
    }

    private void fold(int at, int half, VectorMask<Float> upper, VectorShuffle<Float> swap) {
        for (int i = 0; i < half; i++) {
            FloatVector a = FloatVector.fromArray(LANES, sums, at + i * WIDTH);
            FloatVector b = FloatVector.fromArray(LANES, sums, at + (i + half) * WIDTH);
            a.blend(b, upper).add(b.blend(a, upper).rearrange(swap)).intoArray(sums, at + i * WIDTH);
        }
    }

    private static VectorShuffle<Float> swap(int distance) {
        return VectorShuffle.fromOp(LANES, lane -> (lane ^ distance) & (LANES.length() - 1));
    }

    /// The lanes whose index has the bit `distance`.
    private static VectorMask<Float> upper(int distance) {
        long lanes = 0;
        for (int lane = 0; lane < LANES.length(); lane++) {
            lanes |= (lane & distance) == 0 ? 0 : 1L << lane;
        }
        return VectorMask.fromLong(LANES, lanes);
    }
}
