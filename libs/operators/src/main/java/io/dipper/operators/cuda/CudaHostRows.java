package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;

import io.dipper.onnxruntime.KernelContext;
import java.util.List;

/// `HostRows` as its Java form describes it, over a bfloat16 table. The table's address is one that the
/// card reaches: mapped memory of the host, or its own.
final class CudaHostRows {
    private static final int BLOCK = 128;
    private static final int VALUES_A_THREAD = 8;

    private CudaHostRows() {}

    static CudaOperator operator(CudaCard card) {
        CudaKernel kernel = card.kernel("host_rows", "host_rows");
        return new CudaOperator(
                "HostRows",
                List.of(required(I32), required(BF16)),
                List.of(required(F32)),
                _ -> context -> compute(context, kernel));
    }

    private static void compute(KernelContext context, CudaKernel kernel) {
        int tokens = (int) context.dimension(0, 0);
        int count = (int) context.dimension(1, 0);
        int width = (int) context.dimension(1, 1);
        kernel.with()
                .address(context.input(0).address())
                .address(context.input(1).address())
                .address(context.output(0, F32, tokens, width).address())
                .integer(count)
                .integer(width)
                .launchEarly(tokens, Math.ceilDiv(width, BLOCK * VALUES_A_THREAD), 1, BLOCK, 0, context.stream());
    }
}
