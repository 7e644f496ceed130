package io.dipper.operators.cuda;

/// One of the ways to do a layer's attention on a card.
@FunctionalInterface
interface AttentionForm {
    /// Queues the work of a step.
    void launch(AttentionCall call);
}
