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

/// `LatentAttention(query [T, H·(p+r)], latent [T, l+r], kv_pool [B, …], positions [T], seq_starts
/// [R+1], block_table [R, W], cos, sin [T, r/2], latent_norm [l], kv_up [H·(p+v), l], order?) → out
/// [T, H·v], order [1]`
///
/// Multi-head latent attention (DeepSeek-V2's report, section 2.1). The pool keeps a token's normed
/// latent and its rotated key, nothing a head. Queries are taken into the latents' space by the
/// keys' half of `kv_up`, and what a head mixes comes out of it by the values' half. `order` only
/// makes later readers of the pool wait.
public final class LatentAttention {
    public static final JavaOperator OPERATOR = new JavaOperator(
            "LatentAttention",
            List.of(
                    required(F32),
                    required(F32),
                    required(F32),
                    required(I32),
                    required(I32),
                    required(I32),
                    required(F32),
                    required(F32),
                    required(F32),
                    required(F32),
                    optional(I32)),
            List.of(required(F32), required(I32)),
            info -> {
                var shape = LatentShape.of(info);
                return context -> compute(context, shape);
            });

    // Where each input lies, in all of its forms.
    public static final int QUERY = 0;
    public static final int LATENT = 1;
    public static final int POOL = 2;
    public static final int POSITIONS = 3;
    public static final int STARTS = 4;
    public static final int TABLE = 5;
    public static final int COS = 6;
    public static final int SIN = 7;
    public static final int NORM = 8;
    public static final int PROJECTION = 9;

    private LatentAttention() {}

    private static void compute(KernelContext context, LatentShape shape) {
        int tokens = (int) context.dimension(QUERY, 0);
        check(context, shape, tokens);
        var pool = new LatentPool(
                shape,
                context.input(POOL).address(),
                context.dimension(POOL, 0),
                context.input(TABLE).toArray(ValueLayout.JAVA_INT),
                (int) context.dimension(TABLE, 1));
        var rotation = new Rotation(
                context.input(COS).address(), context.input(SIN).address(), shape.rotaryDim(), shape.interleaved());
        int[] positions = context.input(POSITIONS).toArray(ValueLayout.JAVA_INT);
        int[] rows = PagedAttention.rowOfToken(context.input(STARTS).toArray(ValueLayout.JAVA_INT), tokens);
        long out = context.output(0, F32, tokens, (long) shape.heads() * shape.valueDim())
                .address();
        Memory.putInt(context.output(1, I32, 1).address(), 0);
        var kernel = new LatentKernel(
                shape, pool, rotation, context.input(PROJECTION).address(), positions, rows);
        kernel.write(
                context, context.input(LATENT).address(), context.input(NORM).address());
        kernel.attend(context, context.input(QUERY).address(), out);
    }

    private static void check(KernelContext context, LatentShape shape, int tokens) {
        require(context.dimension(QUERY, 1) == (long) shape.heads() * shape.queryDim(), "query");
        require(context.elements(LATENT) == (long) tokens * shape.valuesPerToken(), "latent");
        require(context.dimension(POOL, 1) == (long) shape.blockTokens() * shape.valuesPerToken(), "kv_pool");
        require(context.elements(POSITIONS) == tokens, "positions");
        require(context.dimension(TABLE, 0) == context.elements(STARTS) - 1, "block_table");
        require(context.elements(COS) == (long) tokens * shape.rotaryDim() / 2, "cos");
        require(context.elements(SIN) == (long) tokens * shape.rotaryDim() / 2, "sin");
        require(context.elements(NORM) == shape.latentDim(), "latent_norm");
        require(context.dimension(PROJECTION, 0) == (long) shape.heads() * shape.projectedDim(), "kv_up");
        require(context.dimension(PROJECTION, 1) == shape.latentDim(), "kv_up");
    }

    private static void require(boolean fits, String input) {
        if (!fits) {
            throw new IllegalArgumentException(input + " does not have the shape that the attributes say");
        }
    }
}
