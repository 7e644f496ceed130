package io.dipper.transformer.tree;

/// The nonlinearity of a feed-forward part.
public enum Activation {
    SILU,
    GELU,
    GELU_TANH,
    RELU,
    RELU_SQUARED
}
