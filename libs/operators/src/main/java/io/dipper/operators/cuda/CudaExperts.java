package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.experts.RouterShape;
import java.util.List;

/// `Route` and `Experts` as their Java forms describe them, over bfloat16 matrices.
final class CudaExperts {
    private CudaExperts() {}

    static CudaOperator route(CudaCard card) {
        return new CudaOperator(
                "Route", List.of(required(F32), optional(F32)), List.of(required(I32), required(F32)), info -> {
                    var router = new CudaRouter(card, RouterShape.of(info));
                    return router::compute;
                });
    }

    static CudaOperator experts(CudaCard card) {
        return new CudaOperator(
                "Experts",
                List.of(
                        required(F32),
                        required(I32),
                        required(F32),
                        required(BF16),
                        required(BF16),
                        optional(F32),
                        optional(F32)),
                List.of(required(F32)),
                info -> {
                    var forms = new ExpertsForms(card, CudaGate.of(info));
                    boolean weighsInput = info.integer("weighs_input", 0) == 1;
                    return context -> forms.run(call(context, weighsInput));
                });
    }

    private static ExpertsCall call(KernelContext context, boolean weighsInput) {
        int tokens = (int) context.dimension(0, 0);
        int hidden = (int) context.dimension(0, 1);
        return new ExpertsCall(
                tokens,
                (int) context.dimension(1, 1),
                Math.toIntExact(context.dimension(4, 0) / hidden),
                hidden,
                (int) context.dimension(4, 1),
                context.input(0).address(),
                context.input(1).address(),
                context.input(2).address(),
                context.input(3).address(),
                context.input(4).address(),
                context.hasInput(5) ? context.input(5).address() : 0,
                context.hasInput(6) ? context.input(6).address() : 0,
                context.output(0, F32, tokens, hidden).address(),
                weighsInput,
                context.stream());
    }
}
