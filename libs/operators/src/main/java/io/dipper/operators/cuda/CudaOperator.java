package io.dipper.operators.cuda;

import io.dipper.onnxruntime.CustomOp;
import io.dipper.onnxruntime.CustomOpKernel;
import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.KernelInfo;
import java.util.List;
import java.util.Optional;

/// An operator of ours in its CUDA form.
record CudaOperator(String name, List<CustomOpParameter> inputs, List<CustomOpParameter> outputs, KernelMaker maker)
        implements CustomOp {
    private static final String PROVIDER = "CUDAExecutionProvider";

    /// Reads a node's attributes and makes its kernel.
    @FunctionalInterface
    interface KernelMaker {
        CustomOpKernel make(KernelInfo info);
    }

    CudaOperator {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    @Override
    public Optional<String> provider() {
        return Optional.of(PROVIDER);
    }

    @Override
    public CustomOpKernel create(KernelInfo info) {
        return maker.make(info);
    }
}
