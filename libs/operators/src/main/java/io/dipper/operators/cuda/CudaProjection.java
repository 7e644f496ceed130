package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.operators.linear.Projection;
import io.dipper.operators.linear.ProjectionCall;
import java.util.List;
import java.util.Optional;

/// [Projection] with weights in bfloat16; rows of x are rounded to it once, after their norm.
final class CudaProjection {
    private final SlicedProduct sliced;
    private final FewRows few;
    private final ManyRows many;

    private CudaProjection(CudaCard card) {
        this.sliced = new SlicedProduct(card);
        this.few = new FewRows(card);
        this.many = new ManyRows(card);
    }

    /// `Projection`, and `Linear`, which is one with nothing around its product.
    static List<CudaOperator> operators(CudaCard card) {
        var projection = new CudaProjection(card);
        return List.of(projection.projection(), projection.linear());
    }

    private CudaOperator linear() {
        return new CudaOperator(
                "Linear",
                List.of(required(F32), required(BF16), optional(F32)),
                List.of(required(F32)),
                _ -> context -> compute(
                        ProjectionCall.ofLinear(context), 0, Optional.empty(), Handover.NONE, context.stream()));
    }

    private CudaOperator projection() {
        return new CudaOperator("Projection", Projection.inputs(BF16), Projection.outputs(), info -> {
            float epsilon = info.decimal("epsilon", 0f);
            Optional<CudaGate> gate = Projection.isGated(info) ? Optional.of(CudaGate.of(info)) : Optional.empty();
            var handover = Handover.of(info);
            return context ->
                    compute(ProjectionCall.of(context, gate.isPresent()), epsilon, gate, handover, context.stream());
        });
    }

    private void compute(ProjectionCall call, float epsilon, Optional<CudaGate> gate, Handover handover, long stream) {
        if (call.rows() == 0) {
            return;
        }
        if (sliced.takes(call)) {
            sliced.project(call, gate, stream);
        } else if (few.takes(call)) {
            few.project(call, epsilon, gate, stream);
        } else {
            many.project(call, epsilon, gate, handover, stream);
        }
    }
}
