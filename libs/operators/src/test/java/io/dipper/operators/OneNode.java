package io.dipper.operators;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A graph of one of our operators, run once on ONNX Runtime. Its outputs are floats, but for those
/// named otherwise.
public final class OneNode {
    private final GraphBuilder graph = new GraphBuilder("one");
    private final String op;
    private final List<Attribute> attributes = new ArrayList<>();
    private final List<Value> inputs = new ArrayList<>();
    private final Map<String, Object> values = new HashMap<>();
    private final Map<String, long[]> shapes = new HashMap<>();

    public OneNode(String op) {
        this.op = op;
    }

    public OneNode with(Attribute... more) {
        attributes.addAll(List.of(more));
        return this;
    }

    public OneNode input(float[] of, long... shape) {
        return input(of, ElementType.F32, shape);
    }

    public OneNode input(int[] of, long... shape) {
        return input(of, ElementType.I32, shape);
    }

    private OneNode input(Object of, ElementType element, long... shape) {
        String name = "x" + inputs.size();
        Object[] dimensions = Arrays.stream(shape).boxed().toArray();
        inputs.add(graph.input(name, element, dimensions));
        values.put(name, of);
        shapes.put(name, shape);
        return this;
    }

    /// An optional input that is left out.
    public OneNode without() {
        inputs.add(Value.ABSENT);
        return this;
    }

    /// The first output; what the operator writes into its inputs is written back to the arrays.
    public float[] run(ElementType... outputs) {
        List<TensorType> types = new ArrayList<>();
        for (ElementType output : outputs) {
            types.add(TensorType.of(output, "N" + types.size(), "M" + types.size()));
        }
        List<Value> made = graph.node(Operators.DOMAIN, op, inputs, attributes, types);
        graph.opset(Operators.DOMAIN, 1);
        graph.output("y", made.getFirst());
        try (var arena = Arena.ofConfined();
                var environment = Environment.silent();
                CustomOpDomain domain = Operators.domain();
                Session session = Session.open(
                        environment, OnnxModel.bytes(graph.build()), new SessionOptions().customOps(domain))) {
            Map<String, MemorySegment> memories = new HashMap<>();
            Map<String, Tensor> tensors = new HashMap<>();
            values.forEach((name, array) -> {
                memories.put(name, memory(arena, array));
                DataType type = array instanceof float[] ? DataType.F32 : DataType.I32;
                tensors.put(name, Tensor.of(memories.get(name), type, shapes.get(name)));
            });
            try (Tensor result = session.run(tensors).getFirst()) {
                float[] y = result.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
                values.forEach((name, array) -> {
                    if (array instanceof float[] floats) {
                        MemorySegment.copy(memories.get(name), ValueLayout.JAVA_FLOAT, 0, floats, 0, floats.length);
                    }
                });
                return y;
            } finally {
                tensors.values().forEach(Tensor::close);
            }
        }
    }

    private static MemorySegment memory(Arena arena, Object array) {
        MemorySegment source =
                array instanceof float[] floats ? MemorySegment.ofArray(floats) : MemorySegment.ofArray((int[]) array);
        return arena.allocate(Math.max(4, source.byteSize()), 64).copyFrom(source);
    }

    /// Values between −1 and 1.
    public static float[] random(long seed, int count) {
        var random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }
}
