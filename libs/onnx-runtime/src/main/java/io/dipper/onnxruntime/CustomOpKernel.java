package io.dipper.onnxruntime;

/// The state and the work of one node of one session.
@FunctionalInterface
public interface CustomOpKernel extends AutoCloseable {
    /// Called in each run, by the thread that runs the session; at once by several threads if
    /// several run it. What is thrown becomes the error of the run, and the session stays usable.
    /// The context is valid during the call only, and so is the memory of inputs and outputs.
    void compute(KernelContext context) throws Exception;

    /// Called when the session closes.
    @Override
    default void close() {}
}
