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
    private static final int BLOCK = 256;
    private static final int WARPS = BLOCK / WARP;

    /// Where the router's structure has the number of experts, which the logits tell.
    private static final int EXPERTS = 0;

    private static final int ROUTER_MEMBERS = 9;
    /// The hardware's limit of blocks in a grid's second dimension.
    private static final int MOST_PAIRS = 65_535;

    private CudaExperts() {}

    static CudaOperator route(CudaCard card) {
        CudaKernel kernel = card.kernel("experts", "route");
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
                .launch(tokens, 1, WARP, sharedBytes, context.stream());
    }

    static CudaOperator experts(CudaCard card) {
        CudaKernel open = card.kernel("experts", "open_experts");
        CudaKernel close = card.kernel("experts", "close_experts");
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
                    CudaGate gate = CudaGate.of(info);
                    int weighsInput = (int) info.integer("weighs_input", 0);
                    return context -> compute(context, card, open, close, gate, weighsInput);
                });
    }

    private static void compute(
            KernelContext context, CudaCard card, CudaKernel open, CudaKernel close, CudaGate gate, int weighsInput) {
        int tokens = (int) context.dimension(0, 0);
        int hidden = (int) context.dimension(0, 1);
        int used = (int) context.dimension(1, 1);
        int inner = (int) context.dimension(4, 1);
        long y = context.output(0, F32, tokens, hidden).address();
        long x = context.input(0).address();
        long chosen = context.input(1).address();
        long weights = context.input(2).address();
        int slice = Math.min(tokens, MOST_PAIRS / used);
        long joined = card.scratch().take((long) Float.BYTES * slice * used * inner);
        for (int token = 0; token < tokens; token += slice) {
            int count = Math.min(slice, tokens - token);
            long pairBytes = (long) Float.BYTES * token * used;
            long tokenBytes = (long) Float.BYTES * token * hidden;
            open.with()
                    .address(x + tokenBytes)
                    .address(chosen + pairBytes)
                    .address(weights + pairBytes)
                    .address(context.input(3).address())
                    .address(context.hasInput(5) ? context.input(5).address() : 0)
                    .address(joined)
                    .integer(used)
                    .integer(hidden)
                    .integer(inner)
                    .integer(weighsInput)
                    .structure(gate.structure())
                    .launch(Math.ceilDiv(inner, WARPS), count * used, BLOCK, 0, context.stream());
            close.with()
                    .address(joined)
                    .address(chosen + pairBytes)
                    .address(weights + pairBytes)
                    .address(context.input(4).address())
                    .address(context.hasInput(6) ? context.input(6).address() : 0)
                    .address(y + tokenBytes)
                    .integer(used)
                    .integer(hidden)
                    .integer(inner)
                    .integer(weighsInput)
                    .launch(Math.ceilDiv(hidden, WARPS), count, BLOCK, 0, context.stream());
        }
    }
}
