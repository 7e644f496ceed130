package io.dipper.operators;

import io.dipper.onnxruntime.CustomOp;
import io.dipper.onnxruntime.CustomOpKernel;
import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.KernelInfo;
import java.util.List;

/// An operator of ours in its Java form.
public record JavaOperator(
        String name, List<CustomOpParameter> inputs, List<CustomOpParameter> outputs, KernelMaker maker)
        implements CustomOp {

    /// Reads a node's attributes and makes its kernel.
    @FunctionalInterface
    public interface KernelMaker {
        CustomOpKernel make(KernelInfo info);
    }

    public JavaOperator {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    @Override
    public CustomOpKernel create(KernelInfo info) {
        return maker.make(info);
    }
}
