package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.experts.RouterShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// `Route` as its Java form describes it: a warp a token.
final class CudaRouter {
    private static final int WARP = 32;

    /// Where the router's structure has the number of experts, which the logits tell.
    private static final int EXPERTS = 0;

    private static final int MEMBERS = 9;

    /// Experts of a lane that there are kernels for, which have a choice and a group a lane at most.
    private static final List<Integer> EACH = List.of(1, 2, 4, 8, 16);

    private final RouterShape shape;
    private final CudaKernel any;
    private final List<CudaKernel> few;
    private final MemorySegment structure = Arena.ofAuto().allocate(JAVA_INT, MEMBERS);

    CudaRouter(CudaCard card, RouterShape shape) {
        this.shape = shape;
        this.any = card.kernel("route", "route_any");
        this.few =
                EACH.stream().map(each -> card.kernel("route", "route_" + each)).toList();
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
            structure.setAtIndex(JAVA_INT, i, integers[i]);
        }
        structure.setAtIndex(JAVA_FLOAT, integers.length, shape.scaling());
        structure.setAtIndex(JAVA_FLOAT, integers.length + 1, shape.softcap());
    }

    /// One run: device addresses, of which the correction is 0 without.
    record Call(int tokens, int experts, long logits, long correction, long chosen, long weights, long stream) {}

    void compute(KernelContext context) {
        int tokens = (int) context.dimension(0, 0);
        int experts = (int) context.dimension(0, 1);
        shape.check(experts);
        run(new Call(
                tokens,
                experts,
                context.input(0).address(),
                context.hasInput(1) ? context.input(1).address() : 0,
                context.output(0, I32, tokens, shape.used()).address(),
                context.output(1, F32, tokens, shape.used()).address(),
                context.stream()));
    }

    private CudaKernel kernel(int experts) {
        if (shape.used() <= WARP && shape.groups() <= WARP) {
            for (int i = 0; i < EACH.size(); i++) {
                if (experts <= WARP * EACH.get(i)) {
                    return few.get(i);
                }
            }
        }
        return any;
    }

    void run(Call call) {
        int experts = call.experts();
        structure.setAtIndex(JAVA_INT, EXPERTS, experts);
        int sharedBytes = Float.BYTES * (2 * experts + shape.groups()) + experts + shape.groups();
        kernel(experts)
                .with()
                .structure(structure)
                .address(call.logits())
                .address(call.correction())
                .address(call.chosen())
                .address(call.weights())
                .launchEarly(call.tokens(), 1, 1, WARP, sharedBytes, call.stream());
    }
}
