/// The operators' CUDA forms: kernels compiled at run time for the card that is there, launched on
/// ONNX Runtime's stream. Activations are float32, matrices and the pools of keys and values are
/// bfloat16, sums are float32.
package io.dipper.operators.cuda;
