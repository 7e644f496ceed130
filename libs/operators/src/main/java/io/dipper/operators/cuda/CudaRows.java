package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;

import io.dipper.onnxruntime.KernelContext;
import java.util.List;

/// Norms, gates and tables of rotations, row by row.
final class CudaRows {
    private static final int BLOCK = 256;

    /// Each of a row's blocks reads all of the row's gates, so few rows have more of them.
    private static final int CUT_BLOCK = 512;

    private static final int CUT_BLOCKS = 512;

    private CudaRows() {}

    static CudaOperator norm(CudaCard card) {
        CudaKernel kernel = card.kernel("rows", "rms_norm");
        return new CudaOperator("RmsNorm", List.of(required(F32), required(F32)), List.of(required(F32)), info -> {
            float epsilon = info.decimal("epsilon");
            return context -> norm(context, kernel, 0, context.input(1).address(), epsilon);
        });
    }

    static CudaOperator addNorm(CudaCard card) {
        CudaKernel kernel = card.kernel("rows", "rms_norm");
        return new CudaOperator(
                "AddRmsNorm",
                List.of(required(F32), required(F32), required(F32)),
                List.of(required(F32), required(F32)),
                info -> {
                    float epsilon = info.decimal("epsilon");
                    return context -> norm(
                            context,
                            kernel,
                            context.input(1).address(),
                            context.input(2).address(),
                            epsilon);
                });
    }

    private static void norm(KernelContext context, CudaKernel kernel, long residual, long weight, float epsilon) {
        int rows = (int) context.dimension(0, 0);
        int width = (int) context.dimension(0, 1);
        long normed = context.output(0, F32, rows, width).address();
        long sum = residual == 0 ? 0 : context.output(1, F32, rows, width).address();
        kernel.with()
                .address(context.input(0).address())
                .address(residual)
                .address(weight)
                .address(normed)
                .address(sum)
                .integer(width)
                .decimal(epsilon)
                .launchEarly(rows, 1, 1, BLOCK, 0, context.stream());
    }

    static CudaOperator normAdd(CudaCard card) {
        CudaKernel kernel = card.kernel("rows", "norm_add");
        return new CudaOperator(
                "NormAdd", List.of(required(F32), required(F32), required(F32)), List.of(required(F32)), info -> {
                    float epsilon = info.decimal("epsilon");
                    return context -> {
                        int rows = (int) context.dimension(0, 0);
                        int width = (int) context.dimension(0, 1);
                        kernel.with()
                                .address(context.input(0).address())
                                .address(context.input(1).address())
                                .address(context.input(2).address())
                                .address(context.output(0, F32, rows, width).address())
                                .integer(width)
                                .decimal(epsilon)
                                .launchEarly(rows, 1, 1, BLOCK, 0, context.stream());
                    };
                });
    }

    static CudaOperator gatedActivation(CudaCard card) {
        CudaKernel plain = card.kernel("rows", "gated_activation");
        CudaKernel cut = card.kernel("rows", "cut_activation");
        return new CudaOperator("GatedActivation", List.of(required(F32)), List.of(required(F32)), info -> {
            CudaGate gate = CudaGate.of(info);
            return context -> {
                int rows = (int) context.dimension(0, 0);
                int width = Math.toIntExact(context.dimension(0, 1) / 2);
                CudaKernel kernel = (gate.cut() ? cut : plain)
                        .with()
                        .address(context.input(0).address())
                        .address(context.output(0, F32, rows, width).address())
                        .integer(width)
                        .structure(gate.structure());
                if (gate.cut()) {
                    int blocks = Math.clamp(CUT_BLOCKS / Math.max(1, rows), 1, Math.ceilDiv(width, CUT_BLOCK));
                    kernel.launchEarly(blocks, rows, 1, CUT_BLOCK, 0, context.stream());
                } else {
                    kernel.launchEarly(Math.ceilDiv(width, BLOCK), rows, 1, BLOCK, 0, context.stream());
                }
            };
        });
    }

    static CudaOperator ropeTable(CudaCard card) {
        CudaKernel kernel = card.kernel("rows", "rope_table");
        return new CudaOperator(
                "RopeTable", List.of(required(I32), required(F32)), List.of(required(F32), required(F32)), info -> {
                    float factor = info.decimal("attention_factor", 1f);
                    return context -> {
                        int tokens = (int) context.dimension(0, 0);
                        int half = (int) context.dimension(1, 0);
                        kernel.with()
                                .address(context.input(0).address())
                                .address(context.input(1).address())
                                .address(context.output(0, F32, tokens, half).address())
                                .address(context.output(1, F32, tokens, half).address())
                                .integer(half)
                                .decimal(factor)
                                .launchEarly(tokens, 1, 1, 64, 0, context.stream());
                    };
                });
    }
}
