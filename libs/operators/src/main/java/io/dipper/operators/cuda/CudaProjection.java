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
    private final ProjectionForms forms;
    private final SlicedProduct sliced;
    private final TiledRows tiled;
    private final FewRows few;
    private final ManyRows many;

    CudaProjection(CudaCard card) {
        this.forms = card.projectionForms();
        this.sliced = new SlicedProduct(card);
        this.tiled = new TiledRows(card);
        this.few = new FewRows(card);
        this.many = new ManyRows(card);
    }

    /// `Projection`, and `Linear`, which is one with nothing around its product.
    static List<CudaOperator> operators(CudaCard card) {
        var projection = new CudaProjection(card);
        return List.of(projection.projection(), projection.linear());
    }

    private CudaOperator linear() {
        var handover = Handover.none(forms);
        return new CudaOperator(
                "Linear",
                List.of(required(F32), required(BF16), optional(F32)),
                List.of(required(F32)),
                _ -> context -> compute(
                        new ProjectionNode(ProjectionCall.ofLinear(context), 0, Optional.empty(), handover),
                        context.stream()));
    }

    private CudaOperator projection() {
        return new CudaOperator("Projection", Projection.inputs(BF16), Projection.outputs(), info -> {
            float epsilon = info.decimal("epsilon", 0f);
            Optional<CudaGate> gate = Projection.isGated(info) ? Optional.of(CudaGate.of(info)) : Optional.empty();
            var handover = Handover.of(info, forms);
            return context -> compute(
                    new ProjectionNode(ProjectionCall.of(context, gate.isPresent()), epsilon, gate, handover),
                    context.stream());
        });
    }

    void compute(ProjectionNode node, long stream) {
        if (node.call().rows() == 0) {
            return;
        }
        ProjectionForms.Form form = forms.of(node.call());
        if (node.narrowX() && !form.takesRounded()) {
            throw new IllegalStateException("rows of x were rounded for another kernel than " + form);
        }
        switch (form) {
            case SLICED -> sliced.project(node, stream);
            case TILED -> tiled.project(node, stream);
            case LONG_ROW -> few.oneRow(node, stream);
            case ROUNDED -> few.rounded(node, stream);
            case MANY -> many.project(node, stream);
        }
    }
}
