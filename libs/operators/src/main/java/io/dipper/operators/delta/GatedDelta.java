package io.dipper.operators.delta;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Work;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// `GatedDelta(qkvz [T, K·(2·dk + 2·g·dv)], ba [T, 2·V], state_pool [B, S], positions [T],
/// seq_starts [R+1], block_table [R, 1], convolution [C, kernel], dt_bias [V], a_log [V], norm [dv]) →
/// out [T, V·dv]`
///
/// The gated delta rule of Qwen3-Next (Yang et al., "Gated Delta Networks", 2024): a causal convolution
/// a channel, then for each value head a matrix that forgets by a factor, is corrected towards the
/// token's value along its key, and is read along its query. A sequence's state lies in its block of the
/// pool and is begun anew at position 0.
public final class GatedDelta {
    public static final JavaOperator OPERATOR = new JavaOperator(
            "GatedDelta",
            List.of(
                    required(F32),
                    required(F32),
                    required(F32),
                    required(I32),
                    required(I32),
                    required(I32),
                    required(F32),
                    required(F32),
                    required(F32),
                    required(F32)),
            List.of(required(F32)),
            info -> {
                var shape = DeltaShape.of(info);
                return context -> compute(context, shape);
            });

    private static final int PROJECTED = 0;
    private static final int RATES = 1;
    private static final int POOL = 2;
    private static final int POSITIONS = 3;
    private static final int STARTS = 4;
    private static final int TABLE = 5;
    private static final int CONVOLUTION = 6;
    private static final int DT_BIAS = 7;
    private static final int A_LOG = 8;
    private static final int NORM = 9;

    private GatedDelta() {}

    private static void compute(KernelContext context, DeltaShape shape) {
        int tokens = (int) context.dimension(PROJECTED, 0);
        check(context, shape, tokens);
        var weights = new DeltaKernel.Weights(
                context.input(CONVOLUTION).address(),
                context.input(DT_BIAS).address(),
                context.input(A_LOG).address(),
                context.input(NORM).address());
        long projected = context.input(PROJECTED).address();
        long rates = context.input(RATES).address();
        long pool = context.input(POOL).address();
        int[] positions = context.input(POSITIONS).toArray(ValueLayout.JAVA_INT);
        int[] starts = context.input(STARTS).toArray(ValueLayout.JAVA_INT);
        int[] table = context.input(TABLE).toArray(ValueLayout.JAVA_INT);
        long blocks = context.dimension(POOL, 0);
        for (int slot : table) {
            if (slot < 0 || slot >= blocks) {
                throw new IllegalArgumentException("state " + slot + " of a pool of " + blocks);
            }
        }
        long out = context.output(0, F32, tokens, shape.valueWidth()).address();
        int items = (starts.length - 1) * shape.keyHeads();
        long itemCost =
                4L * tokens * shape.group() * shape.keyDim() * shape.valueDim() / Math.max(1, starts.length - 1);
        Work.split(context, items, itemCost, 1, (from, to) -> {
            var kernel = new DeltaKernel(shape, weights, projected, rates, out);
            for (int item = from; item < to; item++) {
                int row = item / shape.keyHeads();
                long state = pool + 4L * table[row] * shape.stateFloats();
                boolean fresh = starts[row] < starts[row + 1] && positions[starts[row]] == 0;
                kernel.run(item % shape.keyHeads(), starts[row], starts[row + 1], state, fresh);
            }
        });
    }

    private static void check(KernelContext context, DeltaShape shape, int tokens) {
        require(context.dimension(PROJECTED, 1) == shape.columns(), "qkvz");
        require(context.elements(RATES) == 2L * tokens * shape.valueHeads(), "ba");
        require(context.dimension(POOL, 1) == shape.stateFloats(), "state_pool");
        require(context.elements(POSITIONS) == tokens, "positions");
        require(context.elements(TABLE) == context.elements(STARTS) - 1, "block_table");
        require(context.elements(CONVOLUTION) == (long) shape.channels() * shape.kernel(), "convolution");
        require(context.elements(DT_BIAS) == shape.valueHeads(), "dt_bias");
        require(context.elements(A_LOG) == shape.valueHeads(), "a_log");
        require(context.elements(NORM) == shape.valueDim(), "norm");
    }

    private static void require(boolean fits, String input) {
        if (!fits) {
            throw new IllegalArgumentException(input + " does not have the shape that the attributes say");
        }
    }
}
