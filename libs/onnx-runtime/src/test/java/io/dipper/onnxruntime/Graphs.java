package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Models and tensors for tests.
final class Graphs {
    private Graphs() {}

    static GraphBuilder builder() {
        return new GraphBuilder("test").opset(TestOps.DOMAIN, 1);
    }

    /// One node of a test operator from `x` [N,4] to `y`.
    static byte[] single(String op, Attribute... attributes) {
        var builder = builder();
        var x = builder.input("x", ElementType.F32, "N", 4);
        builder.output("y", custom(builder, op, List.of(x), attributes));
        return OnnxModel.bytes(builder.build());
    }

    static Value custom(GraphBuilder builder, String op, List<Value> inputs, Attribute... attributes) {
        return builder.node(
                        TestOps.DOMAIN,
                        op,
                        inputs,
                        List.of(attributes),
                        List.of(inputs.getFirst().type()))
                .getFirst();
    }

    static Tensor floats(float[] values, long... shape) {
        var tensor = Tensor.allocate(DataType.F32, shape);
        tensor.data().copyFrom(MemorySegment.ofArray(values));
        return tensor;
    }

    static float[] floats(Tensor tensor) {
        return tensor.data().toArray(JAVA_FLOAT);
    }
}
