package io.dipper.operators.experts;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.gate.Gate;
import io.dipper.operators.linear.LinearKernel;
import java.lang.foreign.Arena;
import java.util.List;

/// `Experts(x [T, H], experts, weights [T, k], gate_up [E·2F, H], down [E·H, F], gate_up_bias
/// [E·2F]?, down_bias [E·H]?; weighs_input, activation, …) → y [T, H]`
///
/// Every token goes through its chosen experts; their outputs are added by weight, or their inputs
/// multiplied by it. Rows of `gate_up` are each expert's gate, then its up projection.
public final class Experts {
    public static final JavaOperator OPERATOR = new JavaOperator(
            "Experts",
            List.of(
                    required(F32),
                    required(I32),
                    required(F32),
                    required(F32),
                    required(F32),
                    optional(F32),
                    optional(F32)),
            List.of(required(F32)),
            info -> {
                Gate gate = Gate.of(info);
                boolean weighsInput = info.integer("weighs_input", 0) == 1;
                return context -> compute(context, gate, weighsInput);
            });

    private static final int X = 0;
    private static final int CHOSEN = 1;
    private static final int WEIGHTS = 2;
    private static final int GATE_UP = 3;
    private static final int DOWN = 4;
    private static final int GATE_UP_BIAS = 5;
    private static final int DOWN_BIAS = 6;

    private Experts() {}

    private static void compute(KernelContext context, Gate gate, boolean weighsInput) {
        int tokens = (int) context.dimension(X, 0);
        int hidden = (int) context.dimension(X, 1);
        int used = (int) context.dimension(CHOSEN, 1);
        int inner = (int) context.dimension(DOWN, 1);
        int experts = (int) (context.dimension(DOWN, 0) / hidden);
        require(context.dimension(DOWN, 0) == (long) experts * hidden, "down");
        require(context.dimension(GATE_UP, 1) == hidden, "gate_up");
        require(context.dimension(GATE_UP, 0) == 2L * experts * inner, "gate_up");
        require(context.elements(CHOSEN) == (long) tokens * used, "experts");
        require(context.elements(WEIGHTS) == (long) tokens * used, "weights");
        require(!context.hasInput(GATE_UP_BIAS) || context.elements(GATE_UP_BIAS) == 2L * experts * inner, "bias");
        require(!context.hasInput(DOWN_BIAS) || context.elements(DOWN_BIAS) == (long) experts * hidden, "bias");
        var measures = new ExpertsKernel.Measures(experts, used, hidden, inner);
        var matrices = new ExpertsKernel.Matrices(
                context.input(GATE_UP).address(),
                context.input(DOWN).address(),
                biasAt(context, GATE_UP_BIAS),
                biasAt(context, DOWN_BIAS));
        long x = context.input(X).address();
        long chosen = context.input(CHOSEN).address();
        long weights = context.input(WEIGHTS).address();
        long y = context.output(0, F32, tokens, hidden).address();
        int slice = measures.sliceTokens(tokens);
        try (Arena arena = Arena.ofConfined()) {
            var kernel = new ExpertsKernel(measures, matrices, gate, weighsInput, slice, arena);
            for (int token = 0; token < tokens; token += slice) {
                int count = Math.min(slice, tokens - token);
                long at = 4L * token * used;
                kernel.run(context, count, x + 4L * token * hidden, chosen + at, weights + at, y + 4L * token * hidden);
            }
        }
    }

    private static long biasAt(KernelContext context, int input) {
        return context.hasInput(input) ? context.input(input).address() : LinearKernel.NO_BIAS;
    }

    private static void require(boolean fits, String input) {
        if (!fits) {
            throw new IllegalArgumentException(input + " does not have the shape that the others say");
        }
    }
}
