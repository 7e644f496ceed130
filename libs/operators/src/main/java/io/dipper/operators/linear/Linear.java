package io.dipper.operators.linear;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Work;
import java.util.List;

/// `Linear(x [M, K], weight [N, K], bias [N]?) → [M, N]`: x · weightᵀ + bias, weights as
/// checkpoints store them.
public final class Linear {
    public static final JavaOperator OPERATOR = new JavaOperator(
            "Linear",
            List.of(required(F32), required(F32), optional(F32)),
            List.of(required(F32)),
            _ -> Linear::compute);

    private Linear() {}

    private static void compute(KernelContext context) {
        int m = (int) context.dimension(0, 0);
        int k = (int) context.dimension(0, 1);
        int n = (int) context.dimension(1, 0);
        if (context.dimension(1, 1) != k) {
            throw new IllegalArgumentException("x has " + k + " columns, weight has " + context.dimension(1, 1));
        }
        boolean biased = context.hasInput(2);
        if (biased && context.elements(2) != n) {
            throw new IllegalArgumentException("weight has " + n + " rows, bias has " + context.elements(2));
        }
        long x = context.input(0).address();
        long weight = context.input(1).address();
        long bias = biased ? context.input(2).address() : LinearKernel.NO_BIAS;
        long y = context.output(0, F32, m, n).address();
        if (m > 0) {
            var kernel = new LinearKernel(x, weight, bias, y, m, n, k);
            Work.split(context, n, (long) m * k, LinearKernel.TILE_ROWS, kernel::columns);
        }
    }
}
