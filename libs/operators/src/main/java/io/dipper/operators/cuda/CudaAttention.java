package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.attention.AttentionInputs;
import io.dipper.operators.attention.AttentionShape;
import java.util.List;

/// `PagedAttention` as its Java form describes it, over a pool of bfloat16.
final class CudaAttention {
    private CudaAttention() {}

    static CudaOperator operator(CudaCard card) {
        return new CudaOperator(
                "PagedAttention",
                List.of(
                        required(F32),
                        optional(F32),
                        optional(F32),
                        required(BF16),
                        required(I32),
                        required(I32),
                        required(I32),
                        optional(F32),
                        optional(F32),
                        optional(F32),
                        optional(F32),
                        optional(I32),
                        optional(F32)),
                List.of(required(F32), required(I32)),
                info -> {
                    var shape = AttentionShape.of(info);
                    AttentionForm form = TiledAttention.covers(card, shape)
                            ? new TiledAttention(card, shape)
                            : new GeneralAttention(card, shape);
                    var handover = Handover.of(info, card.projectionForms());
                    return context -> compute(context, shape, form, handover);
                });
    }

    private static void compute(KernelContext context, AttentionShape shape, AttentionForm form, Handover handover) {
        long tokens = context.dimension(AttentionInputs.QUERY, 0);
        int width = shape.heads() * shape.valueDim();
        long out = context.output(0, F32, tokens, width).address();
        // Only its being there counts: later readers of the pool wait for it.
        context.output(1, I32, 1);
        form.launch(AttentionCall.of(context, out, handover.narrowY((int) tokens, width)));
    }
}
