package io.dipper.operators.streams;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;
import static io.dipper.operators.Memory.store;

import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Work;
import io.dipper.operators.norm.RmsNorms;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.List;

/// `LaurelJoin(x [T, H], x_norm [H], attended [T, H], attended_norm [H], low_rank [T, H], low_rank_norm [H]; epsilon) →
/// [T, H]`: what stands behind a layer's mixer and its low-rank companion,
/// (x + norm(attended) + norm(x) + norm(low_rank)) / √2, each norm with its own weight.
public final class LaurelJoin {
    private static final float HALF_POWER = (float) Math.sqrt(0.5);

    public static final JavaOperator OPERATOR =
            new JavaOperator("LaurelJoin", inputs(), List.of(required(F32)), info -> {
                float epsilon = info.decimal("epsilon");
                return context -> compute(context, epsilon);
            });

    private LaurelJoin() {}

    public static List<CustomOpParameter> inputs() {
        return Collections.nCopies(6, required(F32));
    }

    /// What one run is given, checked: addresses of three branches [T, H] and of their norms' weights [H].
    public record Call(int tokens, int width, long[] branches, long[] norms, long joined) {
        public static Call of(KernelContext context) {
            int tokens = (int) context.dimension(0, 0);
            int width = (int) context.dimension(0, 1);
            long[] branches = new long[3];
            long[] norms = new long[branches.length];
            for (int i = 0; i < branches.length; i++) {
                if (context.elements(2 * i) != context.elements(0) || context.elements(2 * i + 1) != width) {
                    throw new IllegalArgumentException("branch " + i + " or its norm differs in size from x");
                }
                branches[i] = context.input(2 * i).address();
                norms[i] = context.input(2 * i + 1).address();
            }
            return new Call(
                    tokens,
                    width,
                    branches,
                    norms,
                    context.output(0, F32, tokens, width).address());
        }
    }

    private static void compute(KernelContext context, float epsilon) {
        Call call = Call.of(context);
        Work.split(context, call.tokens(), 12L * call.width(), 1, (from, to) -> {
            try (Arena arena = Arena.ofConfined()) {
                long normed = arena.allocate(4L * call.width(), 64).address();
                for (int token = from; token < to; token++) {
                    row(call, 4L * token * call.width(), normed, epsilon);
                }
            }
        });
    }

    private static void row(Call call, long at, long normed, float epsilon) {
        long joined = call.joined() + at;
        long sum = call.branches()[0] + at;
        for (int branch : new int[] {1, 0, 2}) {
            RmsNorms.row(call.branches()[branch] + at, call.norms()[branch], normed, call.width(), epsilon);
            RmsNorms.add(sum, normed, joined, call.width());
            sum = joined;
        }
        int bound = LANES.loopBound(call.width());
        for (int i = 0; i < bound; i += LANES.length()) {
            store(load(joined + 4L * i).mul(HALF_POWER), joined + 4L * i);
        }
        for (int i = bound; i < call.width(); i++) {
            putFloat(joined + 4L * i, floatAt(joined + 4L * i) * HALF_POWER);
        }
    }
}
