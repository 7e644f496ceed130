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
import io.dipper.onnxruntime.Tensor;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaOperators;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// A graph of one of our operators, run once on ONNX Runtime. Its outputs are floats, but for those
/// named otherwise.
public final class OneNode {
    private final GraphBuilder graph = new GraphBuilder("one");
    private final String op;
    private final @Nullable CudaCard card;
    private final List<Attribute> attributes = new ArrayList<>();
    private final List<Value> inputs = new ArrayList<>();
    private final Map<String, Object> values = new HashMap<>();
    private final Map<String, ElementType> types = new HashMap<>();
    private final Map<String, long[]> shapes = new HashMap<>();

    /// In its Java form.
    public OneNode(String op) {
        this(op, null);
    }

    /// In its CUDA form, or in its Java form without a card. On a card all inputs and outputs lie there.
    public OneNode(String op, @Nullable CudaCard card) {
        this.op = op;
        this.card = card;
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

    public OneNode input(long[] of, long... shape) {
        return input(of, ElementType.I64, shape);
    }

    /// A weight or pool: float32 on processors, bfloat16 on a card. The values must be exact in both, see
    /// [#roundedToBf16].
    public OneNode matrix(float[] of, long... shape) {
        return input(of, card == null ? ElementType.F32 : ElementType.BF16, shape);
    }

    private OneNode input(Object of, ElementType element, long... shape) {
        String name = "x" + inputs.size();
        Object[] dimensions = Arrays.stream(shape).boxed().toArray();
        inputs.add(graph.input(name, element, dimensions));
        values.put(name, of);
        types.put(name, element);
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
        return (float[]) runAll(outputs).getFirst();
    }

    /// All outputs, as `float[]` or `int[]`; what the operator writes into its inputs is written back to
    /// the arrays.
    public List<Object> runAll(ElementType... outputs) {
        List<TensorType> made = new ArrayList<>();
        for (ElementType output : outputs) {
            made.add(TensorType.of(output, "N" + made.size(), "M" + made.size()));
        }
        List<Value> results = graph.node(Operators.DOMAIN, op, inputs, attributes, made);
        graph.opset(Operators.DOMAIN, 1);
        for (int i = 0; i < outputs.length; i++) {
            graph.output("y" + i, results.get(i));
        }
        try (OneNodeValues memory = card == null ? new HostValues() : new CardValues(card);
                var environment = Environment.silent();
                CustomOpDomain domain = card == null ? Operators.domain() : CudaOperators.domain(card);
                Session session = Session.open(environment, OnnxModel.bytes(graph.build()), memory.options(domain))) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            values.forEach((name, array) -> tensors.put(name, memory.put(array, types.get(name), shapes.get(name))));
            List<Object> arrays = new ArrayList<>();
            for (Tensor result : session.run(tensors)) {
                arrays.add(array(result));
                result.close();
            }
            values.forEach((name, array) -> memory.get(tensors.get(name), array));
            tensors.values().forEach(Tensor::close);
            return arrays;
        }
    }

    private static Object array(Tensor tensor) {
        return tensor.type() == DataType.F32
                ? tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED)
                : tensor.data().toArray(ValueLayout.JAVA_INT_UNALIGNED);
    }

    /// The nearest values that bfloat16 has, ties to even.
    public static float[] roundedToBf16(float[] values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            int bits = Float.floatToRawIntBits(values[i]);
            rounded[i] = Float.intBitsToFloat((bits + 0x7FFF + (bits >>> 16 & 1)) & 0xFFFF0000);
        }
        return rounded;
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
