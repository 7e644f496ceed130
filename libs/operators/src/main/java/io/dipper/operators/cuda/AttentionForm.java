package io.dipper.operators.cuda;

import io.dipper.onnxruntime.KernelContext;

/// One of the ways to do a layer's attention on a card.
interface AttentionForm {
    /// Queues the work of a step.
    ///
    /// @param out address of the answers [T, heads · valueDim]
    void launch(KernelContext context, long out);

    /// The address of an input of [io.dipper.operators.attention.AttentionInputs], 0 if it is left out.
    static long address(KernelContext context, int input) {
        return context.hasInput(input) ? context.input(input).address() : 0;
    }
}
