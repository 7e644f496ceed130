package io.dipper.transformer.family;

/// How a checkpoint stores its large matrices, as its `quantization_config` says.
public sealed interface Storage {

    /// Every tensor as it is: bf16, f16 or f32.
    record Plain() implements Storage {}

    /// Eight-bit floats with one inverse scale a block of the matrix, in a tensor named
    /// `..._scale_inv` beside it.
    record Fp8Blocks(int blockRows, int blockColumns) implements Storage {}

    /// Experts as four-bit floats, thirty-two to a shared exponent, in `..._blocks` and
    /// `..._scales`.
    record Mxfp4() implements Storage {}

    Storage PLAIN = new Plain();
}
