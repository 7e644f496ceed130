package io.dipper.transformer.tree;

/// The nonlinearity of a feed-forward part.
public enum Activation {
    SILU("SiLU"),
    GELU("GELU"),
    GELU_TANH("GELU (tanh)"),
    RELU("ReLU"),
    RELU_SQUARED("ReLU²");

    private final String text;

    Activation(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }
}
