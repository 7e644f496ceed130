package io.dipper.checkpoint;

/// In which forms a graph has an operator of Dipper's.
///
/// @param dipper nodes that are our own
/// @param stock nodes whose place stock operators took
public record OperatorForms(int dipper, int stock) {
    public OperatorForms {
        if (dipper < 0 || stock < 0) {
            throw new IllegalArgumentException("operators: " + dipper + " and " + stock + " nodes");
        }
    }

    public OperatorForms plus(OperatorForms other) {
        return new OperatorForms(dipper + other.dipper, stock + other.stock);
    }
}
