/// ONNX Runtime through its C API, bound by hand with the foreign-function interface: sessions,
/// tensors on our own memory, and operators written in Java. The only module of this code that
/// calls into native code of its own choice.
///
/// Native pointers travel as `long`; none leaves this package. Every object that owns one is a
/// [io.dipper.onnxruntime.Resource].
package io.dipper.onnxruntime;
