package io.dipper.operators.cuda;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.attention.AttentionInputs;

/// A step that a layer's attention is asked for: sizes, and addresses on the card; what is left out
/// has the address 0.
///
/// @param width logical blocks of a row of the table
/// @param poolValues how many the pool has
/// @param out where the answers go, [tokens, heads · valueDim]
/// @param narrow whether they go there as bfloat16
record AttentionCall(
        int tokens,
        int rows,
        int width,
        long query,
        long key,
        long value,
        long pool,
        long poolValues,
        long positions,
        long starts,
        long table,
        long cosines,
        long sines,
        long queryNorm,
        long keyNorm,
        long sinks,
        long out,
        boolean narrow,
        long stream) {

    static AttentionCall of(KernelContext context, long out, boolean narrow) {
        return new AttentionCall(
                (int) context.dimension(AttentionInputs.QUERY, 0),
                (int) context.dimension(AttentionInputs.TABLE, 0),
                (int) context.dimension(AttentionInputs.TABLE, 1),
                address(context, AttentionInputs.QUERY),
                address(context, AttentionInputs.KEY),
                address(context, AttentionInputs.VALUE),
                address(context, AttentionInputs.POOL),
                context.elements(AttentionInputs.POOL),
                address(context, AttentionInputs.POSITIONS),
                address(context, AttentionInputs.STARTS),
                address(context, AttentionInputs.TABLE),
                address(context, AttentionInputs.COS),
                address(context, AttentionInputs.SIN),
                address(context, AttentionInputs.QUERY_NORM),
                address(context, AttentionInputs.KEY_NORM),
                address(context, AttentionInputs.SINKS),
                out,
                narrow,
                context.stream());
    }

    private static long address(KernelContext context, int input) {
        return context.hasInput(input) ? context.input(input).address() : 0;
    }

    /// Whether the layer writes the pool; else it reads what another one wrote.
    boolean writes() {
        return key != 0;
    }
}
