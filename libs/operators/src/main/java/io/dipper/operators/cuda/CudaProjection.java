package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.DataType.BF16;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.linear.Projection;
import io.dipper.operators.linear.ProjectionCall;
import java.util.Optional;

/// [Projection] with weights in bfloat16; rows of x are rounded to it once, after their norm.
final class CudaProjection {
    /// Beyond so many rows cuBLAS's products are quicker.
    private static final int MOST_FEW_ROWS = 32;

    private final FewRows few;
    private final ManyRows many;

    private CudaProjection(CudaCard card) {
        this.few = new FewRows(card);
        this.many = new ManyRows(card);
    }

    static CudaOperator operator(CudaCard card) {
        var projection = new CudaProjection(card);
        return new CudaOperator("Projection", Projection.inputs(BF16), Projection.outputs(), info -> {
            float epsilon = info.decimal("epsilon", 0f);
            Optional<CudaGate> gate = Projection.isGated(info) ? Optional.of(CudaGate.of(info)) : Optional.empty();
            return context -> projection.compute(context, epsilon, gate);
        });
    }

    private void compute(KernelContext context, float epsilon, Optional<CudaGate> gate) {
        ProjectionCall call = ProjectionCall.of(context, gate.isPresent());
        if (call.rows() == 0) {
            return;
        }
        if (few.takes(call, MOST_FEW_ROWS)) {
            few.project(call, epsilon, gate, context.stream());
        } else {
            many.project(call, epsilon, gate, context.stream());
        }
    }
}
