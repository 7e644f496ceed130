package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.attention.LatentAttention;
import io.dipper.operators.attention.LatentShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BiConsumer;

/// `LatentAttention` as its Java form describes it, over a pool of bfloat16: queries are taken into the
/// latents' space, mixed there, and brought out again.
final class CudaLatent {
    /// Blocks that a multiprocessor runs at once.
    private static final int BLOCKS_OF_MULTIPROCESSOR = 2;

    /// Where the kernels' structure has the table's width, which each step may change.
    private static final int TABLE_WIDTH = 7;

    /// And the number of sequences.
    private static final int ROWS = 10;

    private static final int MEMBERS = 11;

    private final BiConsumer<LatentCall, MemorySegment> attend;
    private final MemorySegment structure = Arena.ofAuto().allocate(JAVA_INT, MEMBERS);

    CudaLatent(CudaCard card, LatentShape shape) {
        this(card, shape, BLOCKS_OF_MULTIPROCESSOR * card.multiprocessors());
    }

    /// @param enoughBlocks so many blocks of the tiled form fill the card
    CudaLatent(CudaCard card, LatentShape shape, int enoughBlocks) {
        this.attend = TiledLatent.can(shape)
                ? new TiledLatent(card, shape, enoughBlocks)::run
                : new PlainLatent(card, shape)::run;
        int[] members = {
            shape.heads(),
            shape.plainDim(),
            shape.rotaryDim(),
            shape.valueDim(),
            shape.latentDim(),
            shape.interleaved() ? 1 : 0,
            shape.blockTokens(),
            0,
            Float.floatToRawIntBits(shape.scale()),
            Float.floatToRawIntBits(shape.normEpsilon()),
            0
        };
        structure.copyFrom(MemorySegment.ofArray(members));
    }

    static CudaOperator operator(CudaCard card) {
        return new CudaOperator(
                "LatentAttention",
                List.of(
                        required(F32),
                        required(F32),
                        required(BF16),
                        required(I32),
                        required(I32),
                        required(I32),
                        required(F32),
                        required(F32),
                        required(F32),
                        required(BF16),
                        optional(I32)),
                List.of(required(F32), required(I32)),
                info -> {
                    var shape = LatentShape.of(info);
                    var latent = new CudaLatent(card, shape);
                    return context -> latent.run(call(context, shape));
                });
    }

    private static LatentCall call(KernelContext context, LatentShape shape) {
        int tokens = (int) context.dimension(LatentAttention.QUERY, 0);
        // Only its being there counts: later readers of the pool wait for it.
        context.output(1, I32, 1);
        return new LatentCall(
                tokens,
                (int) context.dimension(LatentAttention.TABLE, 0),
                (int) context.dimension(LatentAttention.TABLE, 1),
                context.input(LatentAttention.QUERY).address(),
                context.input(LatentAttention.LATENT).address(),
                context.input(LatentAttention.POOL).address(),
                context.input(LatentAttention.POSITIONS).address(),
                context.input(LatentAttention.STARTS).address(),
                context.input(LatentAttention.TABLE).address(),
                context.input(LatentAttention.COS).address(),
                context.input(LatentAttention.SIN).address(),
                context.input(LatentAttention.NORM).address(),
                context.input(LatentAttention.PROJECTION).address(),
                context.output(0, F32, tokens, (long) shape.heads() * shape.valueDim())
                        .address(),
                context.stream());
    }

    void run(LatentCall call) {
        structure.setAtIndex(JAVA_INT, TABLE_WIDTH, call.tableWidth());
        structure.setAtIndex(JAVA_INT, ROWS, call.rows());
        attend.accept(call, structure);
    }
}
