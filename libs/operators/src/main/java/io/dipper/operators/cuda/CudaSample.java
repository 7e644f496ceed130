package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;
import static io.dipper.onnxruntime.DataType.I64;

import io.dipper.onnxruntime.KernelContext;
import java.util.List;

/// `Sample` as its Java form describes it; the table of alternatives has always room for as many as a
/// request may ask for, since its width is part of a captured graph.
final class CudaSample {
    /// Most alternatives that a row may ask for.
    static final int MOST_ALTERNATIVES = 20;

    private static final int BLOCK = 1024;
    private static final int LISTS = 9;

    private final CudaCard card;
    private final CudaKernel kernel;

    private CudaSample(CudaCard card) {
        this.card = card;
        this.kernel = card.kernel("sample", "sample");
    }

    static CudaOperator operator(CudaCard card) {
        var sample = new CudaSample(card);
        return new CudaOperator(
                "Sample",
                List.of(
                        required(F32),
                        required(F32),
                        required(I64),
                        required(I32),
                        required(I32),
                        required(I32),
                        required(I32),
                        required(I32),
                        required(F32)),
                List.of(required(I32), required(F32), required(I32), required(F32)),
                _ -> sample::compute);
    }

    private void compute(KernelContext context) {
        int rows = (int) context.dimension(0, 0);
        int vocabulary = (int) context.dimension(0, 1);
        int width = Math.min(MOST_ALTERNATIVES, vocabulary);
        long adjusted = card.scratch().take((long) Float.BYTES * rows * vocabulary);
        kernel.with();
        for (int input = 0; input < LISTS; input++) {
            kernel.address(context.input(input).address());
        }
        kernel.address(adjusted)
                .address(context.output(0, I32, rows).address())
                .address(context.output(1, F32, rows).address())
                .address(context.output(2, I32, rows, width).address())
                .address(context.output(3, F32, rows, width).address())
                .integer(vocabulary)
                .integer(width)
                .launchEarly(rows, 1, 1, BLOCK, 0, context.stream());
    }
}
