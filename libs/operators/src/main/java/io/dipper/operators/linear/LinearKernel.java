package io.dipper.operators.linear;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;

import io.dipper.operators.Memory;
import jdk.incubator.vector.FloatVector;

/// y = x · weightᵀ by dot products along K, which both operands store contiguously: nothing is
/// packed or transposed.
///
/// A tile is four weight rows by one or two rows of x, held in registers along all of K: each load
/// of a weight serves both rows. Every output element is one accumulator vector over K in order,
/// reduced once, then its tail; so its bits do not depend on how many rows there are, on the tile
/// it falls into, or on the number of threads.
///
/// Rows of x are taken in groups that stay in the second-level cache while all weights pass by; where
/// vectors are wide, [WideTile] takes them in fours, past blocks of weights that stay there.
public final class LinearKernel {
    public static final long NO_BIAS = 0;
    public static final int TILE_ROWS = 4;
    private static final long CACHED_BYTES = 192 << 10;

    private final long x;
    private final long weight;
    private final long bias;
    private final long y;
    private final int m;
    private final int n;
    private final int k;
    private final int bound;

    public LinearKernel(long x, long weight, long bias, long y, int m, int n, int k) {
        this.x = x;
        this.weight = weight;
        this.bias = bias;
        this.y = y;
        this.m = m;
        this.n = n;
        this.k = k;
        this.bound = LANES.loopBound(k);
    }

    /// Columns `from` to `to - 1` of y.
    public void columns(int from, int to) {
        int done = WideTile.AVAILABLE ? m & -WideTile.ROWS : 0;
        if (done > 0) {
            wide(done, from, to);
        }
        int group = (int) Math.max(2, CACHED_BYTES / (4L * k));
        for (int first = done; first < m; first += group) {
            int last = Math.min(m, first + group);
            int column = from;
            for (; column + TILE_ROWS <= to; column += TILE_ROWS) {
                int row = first;
                for (; row + 2 <= last; row += 2) {
                    tile4x2(row, column);
                }
                if (row < last) {
                    tile2x1(row, column);
                    tile2x1(row, column + 2);
                }
            }
            for (; column < to; column++) {
                for (int row = first; row < last; row++) {
                    single(row, column);
                }
            }
        }
    }

    /// The first `rows` rows, a multiple of [WideTile#ROWS].
    private void wide(int rows, int from, int to) {
        int block = WideTile.columnsOfBlock(k);
        var tile = new WideTile(k, block);
        int whole = from + (to - from) / TILE_ROWS * TILE_ROWS;
        for (int column = from; column < whole; column += block) {
            int columns = Math.min(block, whole - column);
            for (int row = 0; row < rows; row += WideTile.ROWS) {
                tile.sum(x + 4L * row * k, weight + 4L * column * k, columns);
                for (int i = 0; i < WideTile.ROWS; i++) {
                    for (int j = 0; j < columns; j++) {
                        float sum = tail(tile.at(i, j), x + 4L * (row + i) * k, weight + 4L * (column + j) * k);
                        put(row + i, column + j, sum);
                    }
                }
            }
        }
        for (int column = whole; column < to; column++) {
            for (int row = 0; row < rows; row++) {
                single(row, column);
            }
        }
    }

    private void tile4x2(int row, int column) {
        long x0 = x + 4L * row * k;
        long x1 = x0 + 4L * k;
        long w0 = weight + 4L * column * k;
        long w1 = w0 + 4L * k;
        long w2 = w1 + 4L * k;
        long w3 = w2 + 4L * k;
        FloatVector a0 = FloatVector.zero(LANES);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        for (int i = 0; i < bound; i += LANES.length()) {
            long at = 4L * i;
            FloatVector u = load(x0 + at);
            FloatVector v = load(x1 + at);
            FloatVector w = load(w0 + at);
            a0 = u.fma(w, a0);
            b0 = v.fma(w, b0);
            w = load(w1 + at);
            a1 = u.fma(w, a1);
            b1 = v.fma(w, b1);
            w = load(w2 + at);
            a2 = u.fma(w, a2);
            b2 = v.fma(w, b2);
            w = load(w3 + at);
            a3 = u.fma(w, a3);
            b3 = v.fma(w, b3);
        }
        put(row, column, finish(a0, x0, w0));
        put(row, column + 1, finish(a1, x0, w1));
        put(row, column + 2, finish(a2, x0, w2));
        put(row, column + 3, finish(a3, x0, w3));
        put(row + 1, column, finish(b0, x1, w0));
        put(row + 1, column + 1, finish(b1, x1, w1));
        put(row + 1, column + 2, finish(b2, x1, w2));
        put(row + 1, column + 3, finish(b3, x1, w3));
    }

    /// Where weights come from memory, two rows at a time come faster than four.
    private void tile2x1(int row, int column) {
        long x0 = x + 4L * row * k;
        long w0 = weight + 4L * column * k;
        long w1 = w0 + 4L * k;
        FloatVector a0 = FloatVector.zero(LANES);
        FloatVector a1 = a0;
        for (int i = 0; i < bound; i += LANES.length()) {
            long at = 4L * i;
            FloatVector u = load(x0 + at);
            a0 = u.fma(load(w0 + at), a0);
            a1 = u.fma(load(w1 + at), a1);
        }
        put(row, column, finish(a0, x0, w0));
        put(row, column + 1, finish(a1, x0, w1));
    }

    private void single(int row, int column) {
        long x0 = x + 4L * row * k;
        long w0 = weight + 4L * column * k;
        FloatVector sum = FloatVector.zero(LANES);
        for (int i = 0; i < bound; i += LANES.length()) {
            sum = load(x0 + 4L * i).fma(load(w0 + 4L * i), sum);
        }
        put(row, column, finish(sum, x0, w0));
    }

    private float finish(FloatVector lanes, long xRow, long weightRow) {
        return tail(Memory.sum(lanes), xRow, weightRow);
    }

    private float tail(float lanes, long xRow, long weightRow) {
        float sum = lanes;
        for (int i = bound; i < k; i++) {
            sum = Math.fma(floatAt(xRow + 4L * i), floatAt(weightRow + 4L * i), sum);
        }
        return sum;
    }

    private void put(int row, int column, float value) {
        float shifted = bias == NO_BIAS ? value : value + floatAt(bias + 4L * column);
        putFloat(y + 4L * ((long) row * n + column), shifted);
    }
}
