package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.experts.RouterShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// `Route` and `Experts` as their Java forms describe them, over bfloat16 matrices.
final class CudaExperts {
    private static final int WARP = 32;

    /// Where the router's structure has the number of experts, which the logits tell.
    private static final int EXPERTS = 0;

    private static final int ROUTER_MEMBERS = 9;

    private CudaExperts() {}

    static CudaOperator route(CudaCard card) {
        CudaKernel kernel = card.kernel("route", "route");
        return new CudaOperator(
                "Route", List.of(required(F32), optional(F32)), List.of(required(I32), required(F32)), info -> {
                    var shape = RouterShape.of(info);
                    MemorySegment router = structure(shape);
                    return context -> route(context, kernel, shape, router);
                });
    }

    private static MemorySegment structure(RouterShape shape) {
        MemorySegment router = Arena.ofAuto().allocate(JAVA_INT, ROUTER_MEMBERS);
        int[] integers = {
            0,
            shape.used(),
            switch (shape.score()) {
                case SOFTMAX -> 0;
                case SOFTMAX_OF_CHOSEN -> 1;
                case SIGMOID -> 2;
            },
            shape.groups(),
            shape.chosenGroups(),
            shape.rankByTwo() ? 1 : 0,
            shape.normalised() ? 1 : 0
        };
        for (int i = 0; i < integers.length; i++) {
            router.setAtIndex(JAVA_INT, i, integers[i]);
        }
        router.setAtIndex(JAVA_FLOAT, integers.length, shape.scaling());
        router.setAtIndex(JAVA_FLOAT, integers.length + 1, shape.softcap());
        return router;
    }

    private static void route(KernelContext context, CudaKernel kernel, RouterShape shape, MemorySegment router) {
        int tokens = (int) context.dimension(0, 0);
        int experts = (int) context.dimension(0, 1);
        shape.check(experts);
        router.setAtIndex(JAVA_INT, EXPERTS, experts);
        int sharedBytes = Float.BYTES * (2 * experts + shape.groups()) + experts + shape.groups();
        kernel.with()
                .structure(router)
                .address(context.input(0).address())
                .address(context.hasInput(1) ? context.input(1).address() : 0)
                .address(context.output(0, I32, tokens, shape.used()).address())
                .address(context.output(1, F32, tokens, shape.used()).address())
                .launchEarly(tokens, 1, 1, WARP, sharedBytes, context.stream());
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
