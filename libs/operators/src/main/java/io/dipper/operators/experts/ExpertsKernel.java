package io.dipper.operators.experts;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.intAt;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;
import static io.dipper.operators.Memory.store;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.Memory;
import io.dipper.operators.Work;
import io.dipper.operators.gate.Gate;
import io.dipper.operators.linear.LinearKernel;
import java.lang.foreign.Arena;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Pairs of token and expert, sorted by expert, so that each matrix of a chosen expert is read once
/// and the others not at all.
///
/// Every thread takes the same columns of all chosen experts, so their shares are equal however
/// unequally experts are chosen. A token's outputs are added in its own order, best expert first:
/// company changes no bit.
final class ExpertsKernel {
    /// Room for the pairs of a slice of tokens. Longer steps read the experts once a slice.
    private static final long SLICE_BYTES = 64 << 20;

    private final Measures measures;
    private final Matrices matrices;
    private final Gate gate;
    private final boolean weighsInput;
    private final int[] starts;
    private final int[] rowOfPair;
    private final long inputs;
    private final long both;
    private final long joined;

    /// @param inner width between an expert's projections
    record Measures(int experts, int used, int hidden, int inner) {

        /// Tokens whose pairs fit the room that is kept for them, at least one, at most all.
        int sliceTokens(int tokens) {
            return (int) Math.clamp(SLICE_BYTES / (used * pairBytes()), 1L, Math.max(1L, tokens));
        }

        private long pairBytes() {
            return 4L * (hidden + 3L * inner);
        }
    }

    /// Addresses of all experts' matrices and biases.
    record Matrices(long gateUp, long down, long gateUpBias, long downBias) {
        private static long at(long bias, long index) {
            return bias == LinearKernel.NO_BIAS ? bias : bias + 4 * index;
        }
    }

    ExpertsKernel(Measures measures, Matrices matrices, Gate gate, boolean weighsInput, int sliceTokens, Arena arena) {
        this.measures = measures;
        this.matrices = matrices;
        this.gate = gate;
        this.weighsInput = weighsInput;
        this.starts = new int[measures.experts + 1];
        long pairs = (long) sliceTokens * measures.used;
        this.rowOfPair = new int[Math.toIntExact(pairs)];
        this.inputs = arena.allocate(4 * pairs * measures.hidden, 64).address();
        this.both = arena.allocate(8 * pairs * measures.inner, 64).address();
        this.joined = arena.allocate(4 * pairs * measures.inner, 64).address();
    }

    void run(KernelContext context, int tokens, long x, long chosen, long weights, long y) {
        int pairs = tokens * measures.used;
        sort(chosen, pairs);
        int hidden = measures.hidden;
        int inner = measures.inner;
        Work.split(context, pairs, hidden, 1, (from, to) -> {
            for (int pair = from; pair < to; pair++) {
                take(x + 4L * (pair / measures.used) * hidden, pair, weights);
            }
        });
        Work.split(context, inner, 2L * pairs * hidden, LinearKernel.TILE_ROWS, this::open);
        // From here on the inputs are not needed: the outputs lie in their place.
        Work.split(context, hidden, (long) pairs * inner, LinearKernel.TILE_ROWS, (from, to) -> {
            close(from, to);
            for (int token = 0; token < tokens; token++) {
                add(token, weights, y + 4L * token * hidden, from, to);
            }
        });
    }

    /// Gives each pair its row among those of its expert, in the tokens' order.
    private void sort(long chosen, int pairs) {
        Arrays.fill(starts, 0);
        for (int pair = 0; pair < pairs; pair++) {
            int expert = intAt(chosen + 4L * pair);
            if (expert < 0 || expert >= measures.experts) {
                throw new IllegalArgumentException("expert " + expert + " of " + measures.experts);
            }
            starts[expert + 1]++;
        }
        for (int expert = 0; expert < measures.experts; expert++) {
            starts[expert + 1] += starts[expert];
        }
        for (int pair = 0; pair < pairs; pair++) {
            // While rows are handed out, a start is the next row to be handed out.
            rowOfPair[pair] = starts[intAt(chosen + 4L * pair)]++;
        }
        System.arraycopy(starts, 0, starts, 1, measures.experts);
        starts[0] = 0;
    }

    private void take(long token, int pair, long weights) {
        int hidden = measures.hidden;
        long row = inputs + 4L * rowOfPair[pair] * hidden;
        if (!weighsInput) {
            Memory.copy(token, row, 4L * hidden);
            return;
        }
        float weight = floatAt(weights + 4L * pair);
        int bound = LANES.loopBound(hidden);
        for (int i = 0; i < bound; i += LANES.length()) {
            store(load(token + 4L * i).mul(weight), row + 4L * i);
        }
        for (int i = bound; i < hidden; i++) {
            putFloat(row + 4L * i, floatAt(token + 4L * i) * weight);
        }
    }

    /// Gate and up projections of all pairs, joined: columns `from` to `to - 1`.
    private void open(int from, int to) {
        int inner = measures.inner;
        int hidden = measures.hidden;
        for (int expert = 0; expert < measures.experts; expert++) {
            int first = starts[expert];
            int rows = starts[expert + 1] - first;
            if (rows > 0) {
                long firstRow = 2L * expert * inner;
                var kernel = new LinearKernel(
                        inputs + 4L * first * hidden,
                        matrices.gateUp + 4 * firstRow * hidden,
                        Matrices.at(matrices.gateUpBias, firstRow),
                        both + 8L * first * inner,
                        rows,
                        2 * inner,
                        hidden);
                kernel.columns(from, to);
                kernel.columns(inner + from, inner + to);
                for (int row = first; row < first + rows; row++) {
                    long opened = both + 8L * row * inner + 4L * from;
                    gate.apply(opened, opened + 4L * inner, joined + 4L * row * inner + 4L * from, to - from);
                }
            }
        }
    }

    /// Down projections of all pairs: columns `from` to `to - 1`.
    private void close(int from, int to) {
        int inner = measures.inner;
        int hidden = measures.hidden;
        for (int expert = 0; expert < measures.experts; expert++) {
            int first = starts[expert];
            int rows = starts[expert + 1] - first;
            if (rows > 0) {
                long firstRow = (long) expert * hidden;
                new LinearKernel(
                                joined + 4L * first * inner,
                                matrices.down + 4 * firstRow * inner,
                                Matrices.at(matrices.downBias, firstRow),
                                inputs + 4L * first * hidden,
                                rows,
                                hidden,
                                inner)
                        .columns(from, to);
            }
        }
    }

    /// Sums a token's outputs: columns `from` to `to - 1`.
    private void add(int token, long weights, long y, int from, int to) {
        int used = measures.used;
        int bound = from + LANES.loopBound(to - from);
        for (int i = from; i < bound; i += LANES.length()) {
            FloatVector sum = FloatVector.zero(LANES);
            for (int pair = token * used; pair < (token + 1) * used; pair++) {
                sum = load(output(pair) + 4L * i).fma(FloatVector.broadcast(LANES, weight(weights, pair)), sum);
            }
            store(sum, y + 4L * i);
        }
        for (int i = bound; i < to; i++) {
            float sum = 0;
            for (int pair = token * used; pair < (token + 1) * used; pair++) {
                sum = Math.fma(floatAt(output(pair) + 4L * i), weight(weights, pair), sum);
            }
            putFloat(y + 4L * i, sum);
        }
    }

    private long output(int pair) {
        return inputs + 4L * rowOfPair[pair] * measures.hidden;
    }

    private float weight(long weights, int pair) {
        return weighsInput ? 1 : floatAt(weights + 4L * pair);
    }
}
