package io.dipper.onnxruntime;

import java.util.List;
import java.util.Optional;

/// An operator written in Java. One object serves any number of nodes, sessions and threads; what
/// belongs to one node is in the [CustomOpKernel] that [#create] makes for it.
public interface CustomOp {
    /// The operator's name inside its domain.
    String name();

    List<CustomOpParameter> inputs();

    List<CustomOpParameter> outputs();

    /// The execution provider that runs it, as in `CUDAExecutionProvider`; the CPU's if empty.
    default Optional<String> provider() {
        return Optional.empty();
    }

    /// Called for each node when a session opens. What is thrown here becomes the error of opening
    /// the session.
    CustomOpKernel create(KernelInfo info) throws Exception;
}
