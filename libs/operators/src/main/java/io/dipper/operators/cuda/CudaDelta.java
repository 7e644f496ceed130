package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.delta.DeltaShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/// `GatedDelta` as its Java form describes it; states are float32 here too.
///
/// Heads that fill whole warps are convolved first, all tokens at once, and then take their tokens in
/// turn with their matrices in registers; others do both at once, with the matrices in memory.
final class CudaDelta {
    private static final int BLOCK = 128;
    private static final int WARP = 32;

    /// As the kernels have it: values of a column that a thread keeps.
    private static final int CELLS = 32;

    private static final int MOST_THREADS = 1024;

    // Where the kernels' inputs lie.
    private static final int PROJECTED = 0;
    private static final int POOL = 2;
    private static final int STARTS = 4;
    private static final int CONVOLUTION = 6;
    private static final int DT_BIAS = 7;

    private static final List<CustomOpParameter> INPUTS = List.of(
            required(F32),
            required(F32),
            required(F32),
            required(I32),
            required(I32),
            required(I32),
            required(BF16),
            required(F32),
            required(F32),
            required(F32));

    private final CudaCard card;
    private final DeltaShape shape;
    private final MemorySegment structure;
    private final List<CudaKernel> kernels;

    CudaDelta(CudaCard card, DeltaShape shape) {
        this.card = card;
        this.shape = shape;
        int[] members = {
            shape.keyHeads(),
            shape.valueHeads(),
            shape.keyDim(),
            shape.valueDim(),
            shape.kernel(),
            Float.floatToRawIntBits(shape.normEpsilon())
        };
        this.structure = Arena.ofAuto().allocateFrom(JAVA_INT, members);
        String[] dimensions = {"KEY=" + shape.keyDim(), "VALUE=" + shape.valueDim()};
        this.kernels = fillsWarps(shape)
                ? List.of(card.kernel("delta", "convolve", dimensions), card.kernel("delta", "turn", dimensions))
                : List.of(card.kernel("delta", "gated_delta"));
    }

    static CudaOperator operator(CudaCard card) {
        return new CudaOperator("GatedDelta", INPUTS, List.of(required(F32)), info -> {
            var delta = new CudaDelta(card, DeltaShape.of(info));
            return context -> delta.run(addresses(context, delta.shape));
        });
    }

    private static boolean fillsWarps(DeltaShape shape) {
        return shape.keyDim() % CELLS == 0
                && shape.valueDim() % WARP == 0
                && shape.valueDim() * (shape.keyDim() / CELLS) <= MOST_THREADS;
    }

    /// One run: the step's tokens and sequences, the addresses of the operator's inputs and its output.
    record Call(int tokens, int rows, List<Long> inputs, long out, long stream) {
        Call {
            inputs = List.copyOf(inputs);
        }
    }

    private static Call addresses(KernelContext context, DeltaShape shape) {
        int tokens = (int) context.dimension(PROJECTED, 0);
        int rows = (int) context.dimension(STARTS, 0) - 1;
        List<Long> inputs = IntStream.range(0, INPUTS.size())
                .mapToObj(input -> context.input(input).address())
                .toList();
        long out = context.output(0, F32, tokens, shape.valueWidth()).address();
        return new Call(tokens, rows, inputs, out, context.stream());
    }

    void run(Call call) {
        if (kernels.size() == 1) {
            inputs(kernels.getFirst().with().structure(structure), call, PROJECTED, INPUTS.size())
                    .address(call.out())
                    .launchEarly(
                            call.rows(),
                            shape.keyHeads(),
                            1,
                            BLOCK,
                            Float.BYTES * (shape.headChannels() + shape.valueDim()),
                            call.stream());
            return;
        }
        long channels = (long) shape.keyHeads() * shape.headChannels();
        long convolved = card.scratch().take(channels * call.tokens() * Float.BYTES);
        CudaKernel convolve = kernels.getFirst().with().structure(structure);
        convolve.address(call.inputs().get(PROJECTED));
        inputs(convolve, call, POOL, DT_BIAS)
                .address(convolved)
                .integer(call.rows())
                .launchEarly(
                        call.tokens(), shape.keyHeads(), 1, BLOCK, Float.BYTES * shape.headChannels(), call.stream());
        CudaKernel turn = kernels.getLast().with().structure(structure);
        inputs(turn, call, PROJECTED, CONVOLUTION).address(convolved);
        inputs(turn, call, DT_BIAS, INPUTS.size())
                .address(call.out())
                .launchEarly(
                        call.rows(),
                        shape.valueHeads(),
                        1,
                        shape.valueDim() * (shape.keyDim() / CELLS),
                        0,
                        call.stream());
    }

    private static CudaKernel inputs(CudaKernel kernel, Call call, int from, int to) {
        call.inputs().subList(from, to).forEach(kernel::address);
        return kernel;
    }
}
