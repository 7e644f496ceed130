package io.dipper.engineort;

/// A step that was captured for so many rows, each of one token that is drawn from.
///
/// @param sizes of its inputs; what they hold changes from step to step
record CardGraph(CardStep step, Padding padding, StepField.Sizes sizes) {
    /// Ids of ragged lists that a captured graph has room for, a row.
    private static final int RAGGED_PER_ROW = 1024;

    static StepField.Sizes sizes(Padding padding) {
        int rows = padding.rows();
        int ragged = RAGGED_PER_ROW * rows;
        return new StepField.Sizes(padding.tokens(), rows, rows, padding.tableWidths(), ragged, ragged);
    }

    /// Whether a step's ragged lists are no longer than those that were captured.
    boolean holds(DrawInputs drawn) {
        return drawn.penalties() <= sizes.penalties() && drawn.biases() <= sizes.biases();
    }
}
