package io.dipper.engineort;

import java.util.List;

/// How a step's inputs get to a card and what it draws comes back. Two steps may be under way, one behind the
/// other, each with its turn: 0 or 1.
sealed interface StepTransfer extends AutoCloseable permits CopiedTransfer, JoinedTransfer {

    /// Queues the inputs' way to the card, ahead of the step.
    ///
    /// @param parts of the block, the first with the tokens, as this turn's image has them
    /// @param continued of how many rows the tokens are those that the step before draws
    void bring(List<CardCall.Part> parts, int continued, int turn);

    /// Has the first bytes of what the step draws come back, which may be queued later.
    void fetch(long bytes, int turn);

    /// Waits until what the step drew is there.
    void await(int turn);

    @Override
    void close();
}
