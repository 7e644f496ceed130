package io.dipper.operators.attention;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Memory;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// `PagedAttention(query [T, H·d], key? [T, KV·d], value? [T, KV·dv], kv_pool [B, …], positions [T],
/// seq_starts [R+1], block_table [R, W], cos?, sin? [T, rotary/2], q_norm?, k_norm? [d], order?, sinks? [H]) →
/// out [T, H·dv], order [1]`
///
/// Head norms, rotation, the write into the pool and causal attention over it, for prompt chunks
/// and single tokens of any number of sequences at once. Without a key and a value nothing is
/// written: the layer reads what another one wrote. `order` only makes later readers of the pool
/// wait.
public final class PagedAttention {
    public static final JavaOperator OPERATOR = new JavaOperator(
            "PagedAttention",
            List.of(
                    required(F32),
                    optional(F32),
                    optional(F32),
                    required(F32),
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
                return context -> compute(context, shape);
            });

    private PagedAttention() {}

    private static void compute(KernelContext context, AttentionShape shape) {
        int tokens = (int) context.dimension(AttentionInputs.QUERY, 0);
        check(context, shape, tokens);
        var pool = new PagedPool(
                shape,
                context.input(AttentionInputs.POOL).address(),
                context.dimension(AttentionInputs.POOL, 0),
                context.input(AttentionInputs.TABLE).toArray(ValueLayout.JAVA_INT),
                (int) context.dimension(AttentionInputs.TABLE, 1));
        var heads = new HeadPreparation(
                shape, addressOf(context, AttentionInputs.COS), addressOf(context, AttentionInputs.SIN));
        int[] positions = context.input(AttentionInputs.POSITIONS).toArray(ValueLayout.JAVA_INT);
        int[] rows = rowOfToken(context.input(AttentionInputs.STARTS).toArray(ValueLayout.JAVA_INT), tokens);
        long out = context.output(0, F32, tokens, (long) shape.heads() * shape.valueDim())
                .address();
        Memory.putInt(context.output(1, I32, 1).address(), 0);
        var kernel = new AttentionKernel(shape, pool, heads, positions, rows);
        if (context.hasInput(AttentionInputs.KEY)) {
            kernel.write(
                    context,
                    context.input(AttentionInputs.KEY).address(),
                    context.input(AttentionInputs.VALUE).address(),
                    addressOf(context, AttentionInputs.KEY_NORM));
        }
        kernel.attend(
                context,
                context.input(AttentionInputs.QUERY).address(),
                addressOf(context, AttentionInputs.QUERY_NORM),
                addressOf(context, AttentionInputs.SINKS),
                out);
    }

    private static void check(KernelContext context, AttentionShape shape, int tokens) {
        require(context.dimension(AttentionInputs.QUERY, 1) == (long) shape.heads() * shape.headDim(), "query");
        if (context.hasInput(AttentionInputs.KEY)) {
            require(context.elements(AttentionInputs.KEY) == (long) tokens * shape.kvHeads() * shape.headDim(), "key");
            require(
                    context.elements(AttentionInputs.VALUE) == (long) tokens * shape.kvHeads() * shape.valueDim(),
                    "value");
        }
        require(
                context.dimension(AttentionInputs.POOL, 1) == (long) shape.blockTokens() * shape.valuesPerToken(),
                "kv_pool");
        require(context.elements(AttentionInputs.POSITIONS) == tokens, "positions");
        require(
                context.dimension(AttentionInputs.TABLE, 0) == context.elements(AttentionInputs.STARTS) - 1,
                "block_table");
        require(
                !context.hasInput(AttentionInputs.SINKS) || context.elements(AttentionInputs.SINKS) == shape.heads(),
                "sinks");
        if (shape.rotaryDim() > 0) {
            require(context.elements(AttentionInputs.COS) == (long) tokens * shape.rotaryDim() / 2, "cos");
            require(context.elements(AttentionInputs.SIN) == (long) tokens * shape.rotaryDim() / 2, "sin");
        }
    }

    private static void require(boolean fits, String input) {
        if (!fits) {
            throw new IllegalArgumentException(input + " does not have the shape that the attributes say");
        }
    }

    private static long addressOf(KernelContext context, int input) {
        return context.hasInput(input) ? context.input(input).address() : 0;
    }

    static int[] rowOfToken(int[] starts, int tokens) {
        int[] rows = new int[tokens];
        for (int row = 0; row + 1 < starts.length; row++) {
            for (int token = starts[row]; token < starts[row + 1]; token++) {
                rows[token] = row;
            }
        }
        return rows;
    }
}
