package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.onnxruntime.KernelContext;
import java.util.List;
import java.util.stream.IntStream;

/// `Linear(x [M, K] float32, weight [N, K] bfloat16, bias [N]? float32) → [M, N] float32`: few rows
/// by a kernel of ours, which reads the weight once, many by cuBLAS.
final class CudaLinear {
    private static final int FEW = 8;

    /// As the kernels have it: so many rows come as float32, more rounded.
    private static final int MOST_ROUNDED_BY_EACH = 3;

    private static final int BLOCK = 256;
    private static final int WARPS = BLOCK / 32;

    private final CudaCard card;
    private final CudaKernel round;
    private final CudaKernel bias;
    private final List<CudaKernel> fewRows;

    private CudaLinear(CudaCard card) {
        this.card = card;
        this.round = card.kernel("linear", "round_rows");
        this.bias = card.kernel("linear", "add_bias");
        this.fewRows = IntStream.rangeClosed(1, FEW)
                .mapToObj(rows -> card.kernel("linear", "few_rows_" + rows))
                .toList();
    }

    static CudaOperator operator(CudaCard card) {
        var linear = new CudaLinear(card);
        return new CudaOperator(
                "Linear",
                List.of(required(F32), required(BF16), optional(F32)),
                List.of(required(F32)),
                _ -> linear::compute);
    }

    private void compute(KernelContext context) {
        int m = (int) context.dimension(0, 0);
        int k = (int) context.dimension(0, 1);
        int n = (int) context.dimension(1, 0);
        if (context.dimension(1, 1) != k) {
            throw new IllegalArgumentException("x has " + k + " columns, weight has " + context.dimension(1, 1));
        }
        long biases = context.hasInput(2) ? context.input(2).address() : 0;
        long weight = context.input(1).address();
        long y = context.output(0, F32, m, n).address();
        long stream = context.stream();
        if (m == 0) {
            return;
        }
        long x = context.input(0).address();
        if (m > MOST_ROUNDED_BY_EACH) {
            long count = (long) m * k;
            long rounded = card.scratch().take(2 * count);
            round.with()
                    .address(x)
                    .address(rounded)
                    .address(count)
                    .launch(Math.toIntExact(Math.ceilDiv(count, (long) BLOCK)), 1, BLOCK, 0, stream);
            x = rounded;
        }
        if (m <= FEW) {
            fewRows.get(m - 1)
                    .with()
                    .address(x)
                    .address(weight)
                    .address(biases)
                    .address(y)
                    .integer(n)
                    .integer(k)
                    .launch(Math.ceilDiv(n, WARPS), 1, BLOCK, 0, stream);
            return;
        }
        card.blas().product(x, weight, y, m, n, k, stream);
        if (biases != 0) {
            bias.with().address(y).address(biases).integer(n).launch(Math.ceilDiv(n, BLOCK), m, BLOCK, 0, stream);
        }
    }
}
