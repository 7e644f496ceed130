package io.dipper.onnxgraph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/// ONNX's own operators as methods that work out the type of what they make.
public sealed interface StandardOps permits GraphBuilder {
    Value node(String op, List<Value> inputs, TensorType output, Attribute... attributes);

    List<Value> node(
            String domain, String op, List<Value> inputs, List<Attribute> attributes, List<TensorType> outputTypes);

    Value constant(long... values);

    Value scalar(float value);

    default Value add(Value a, Value b) {
        return binary("Add", a, b);
    }

    default Value sub(Value a, Value b) {
        return binary("Sub", a, b);
    }

    default Value mul(Value a, Value b) {
        return binary("Mul", a, b);
    }

    default Value div(Value a, Value b) {
        return binary("Div", a, b);
    }

    default Value pow(Value a, Value b) {
        return binary("Pow", a, b);
    }

    default Value min(Value a, Value b) {
        return binary("Min", a, b);
    }

    default Value max(Value a, Value b) {
        return binary("Max", a, b);
    }

    private Value binary(String op, Value a, Value b) {
        return node(op, List.of(a, b), a.type().withShape(ShapeRules.broadcast(op, a.shape(), b.shape())));
    }

    default Value equal(Value a, Value b) {
        return compare("Equal", a, b);
    }

    default Value less(Value a, Value b) {
        return compare("Less", a, b);
    }

    default Value greaterOrEqual(Value a, Value b) {
        return compare("GreaterOrEqual", a, b);
    }

    private Value compare(String op, Value a, Value b) {
        var shape = ShapeRules.broadcast(op, a.shape(), b.shape());
        return node(op, List.of(a, b), new TensorType(ElementType.BOOL, shape));
    }

    default Value where(Value condition, Value a, Value b) {
        var shape =
                ShapeRules.broadcast("Where", condition.shape(), ShapeRules.broadcast("Where", a.shape(), b.shape()));
        return node("Where", List.of(condition, a, b), a.type().withShape(shape));
    }

    default Value neg(Value x) {
        return unary("Neg", x);
    }

    default Value abs(Value x) {
        return unary("Abs", x);
    }

    default Value floor(Value x) {
        return unary("Floor", x);
    }

    default Value sqrt(Value x) {
        return unary("Sqrt", x);
    }

    default Value exp(Value x) {
        return unary("Exp", x);
    }

    default Value log(Value x) {
        return unary("Log", x);
    }

    default Value sin(Value x) {
        return unary("Sin", x);
    }

    default Value cos(Value x) {
        return unary("Cos", x);
    }

    default Value tanh(Value x) {
        return unary("Tanh", x);
    }

    default Value sigmoid(Value x) {
        return unary("Sigmoid", x);
    }

    default Value relu(Value x) {
        return unary("Relu", x);
    }

    default Value softplus(Value x) {
        return unary("Softplus", x);
    }

    default Value identity(Value x) {
        return unary("Identity", x);
    }

    private Value unary(String op, Value x) {
        return node(op, List.of(x), x.type());
    }

    /// How the Gaussian error function in [#gelu] is computed.
    enum GeluForm {
        EXACT("none"),
        TANH("tanh");

        private final String approximate;

        GeluForm(String approximate) {
            this.approximate = approximate;
        }
    }

    default Value gelu(Value x, GeluForm form) {
        return node("Gelu", List.of(x), x.type(), Attribute.of("approximate", form.approximate));
    }

    /// `x · sigmoid(x)`, also called swish; two nodes.
    default Value silu(Value x) {
        return mul(x, sigmoid(x));
    }

    default Value softmax(Value x, int axis) {
        return node("Softmax", List.of(x), x.type(), axis(axis));
    }

    default Value matMul(Value a, Value b) {
        return node("MatMul", List.of(a, b), a.type().withShape(ShapeRules.matMul(a.shape(), b.shape())));
    }

    /// `a · bᵀ + c` for `a` [M,K] and `b` [N,K], as checkpoints store their weights; `c` may be
    /// [Value#ABSENT].
    default Value gemmTransposed(Value a, Value b, Value c) {
        if (a.shape().rank() != 2
                || b.shape().rank() != 2
                || ShapeRules.differ(a.shape().get(1), b.shape().get(1))) {
            throw new IllegalArgumentException("Gemm of " + a + " and transposed " + b);
        }
        var inputs = c.isAbsent() ? List.of(a, b) : List.of(a, b, c);
        var shape = Shape.of(a.shape().get(0), b.shape().get(0));
        return node("Gemm", inputs, a.type().withShape(shape), Attribute.of("transB", 1));
    }

    /// Elements of `data` along `axis` at `indices`; a table look-up when `axis` is 0.
    default Value gather(Value data, Value indices, int axis) {
        int at = data.shape().index(axis);
        var dimensions = new ArrayList<>(data.shape().dimensions());
        dimensions.remove(at);
        dimensions.addAll(at, indices.shape().dimensions());
        return node("Gather", List.of(data, indices), data.type().withShape(new Shape(dimensions)), axis(axis));
    }

    /// Elements `start` to `end` (exclusive) along one axis.
    default Value slice(Value x, int axis, long start, long end) {
        long size = end - start;
        if (size < 0 || (x.shape().get(axis) instanceof Dimension.Fixed whole && end > whole.size()) || start < 0) {
            throw new IllegalArgumentException("slice " + start + " to " + end + " along axis " + axis + " of " + x);
        }
        var type = x.type().withShape(x.shape().with(axis, new Dimension.Fixed(size)));
        return node("Slice", List.of(x, constant(start), constant(end), constant(axis)), type);
    }

    default List<Value> split(Value x, int axis, long... sizes) {
        if (x.shape().get(axis) instanceof Dimension.Fixed whole
                && LongStream.of(sizes).sum() != whole.size()) {
            throw new IllegalArgumentException(
                    "split of " + x + " along axis " + axis + " into " + Arrays.toString(sizes));
        }
        var types = LongStream.of(sizes)
                .mapToObj(size -> x.type().withShape(x.shape().with(axis, new Dimension.Fixed(size))))
                .toList();
        return node("", "Split", List.of(x, constant(sizes)), List.of(axis(axis)), types);
    }

    default Value concat(int axis, Value... parts) {
        var shape =
                ShapeRules.concat(axis, Arrays.stream(parts).map(Value::shape).toList());
        return node("Concat", List.of(parts), parts[0].type().withShape(shape), axis(axis));
    }

    /// At most one dimension of the target may be other than fixed.
    default Value reshape(Value x, Object... dimensions) {
        var target = Shape.of(dimensions);
        long[] sizes = target.dimensions().stream()
                .mapToLong(d -> d instanceof Dimension.Fixed fixed ? fixed.size() : -1)
                .toArray();
        if (LongStream.of(sizes).filter(size -> size < 0).count() > 1) {
            throw new IllegalArgumentException("reshape to " + target + ": more than one open dimension");
        }
        return node("Reshape", List.of(x, constant(sizes)), x.type().withShape(target), Attribute.of("allowzero", 1));
    }

    default Value transpose(Value x, int... permutation) {
        var dimensions = Arrays.stream(permutation).mapToObj(x.shape()::get).toList();
        long[] axes = Arrays.stream(permutation).asLongStream().toArray();
        return node("Transpose", List.of(x), x.type().withShape(new Shape(dimensions)), Attribute.ints("perm", axes));
    }

    default Value unsqueeze(Value x, int axis) {
        var dimensions = new ArrayList<>(x.shape().dimensions());
        dimensions.add(axis < 0 ? axis + dimensions.size() + 1 : axis, new Dimension.Fixed(1));
        return node("Unsqueeze", List.of(x, constant(axis)), x.type().withShape(new Shape(dimensions)));
    }

    default Value squeeze(Value x, int axis) {
        var dimensions = new ArrayList<>(x.shape().dimensions());
        dimensions.remove(x.shape().index(axis));
        return node("Squeeze", List.of(x, constant(axis)), x.type().withShape(new Shape(dimensions)));
    }

    default Value cast(Value x, ElementType to) {
        return node("Cast", List.of(x), x.type().withElement(to), Attribute.of("to", to.code()));
    }

    /// The mean along one axis, which stays as a dimension of 1.
    default Value reduceMean(Value x, int axis) {
        return reduce("ReduceMean", x, axis);
    }

    default Value reduceSum(Value x, int axis) {
        return reduce("ReduceSum", x, axis);
    }

    private Value reduce(String op, Value x, int axis) {
        var type = x.type().withShape(x.shape().with(axis, new Dimension.Fixed(1)));
        return node(op, List.of(x, constant(axis)), type, Attribute.of("keepdims", 1));
    }

    /// `x / sqrt(mean(x²) + epsilon) · scale` along the last axis.
    default Value rmsNormalization(Value x, Value scale, float epsilon) {
        return node("RMSNormalization", List.of(x, scale), x.type(), axis(-1), Attribute.of("epsilon", epsilon));
    }

    default Value layerNormalization(Value x, Value scale, Value bias, float epsilon) {
        var inputs = bias.isAbsent() ? List.of(x, scale) : List.of(x, scale, bias);
        return node("LayerNormalization", inputs, x.type(), axis(-1), Attribute.of("epsilon", epsilon));
    }

    /// The index of the largest element along the axis, the lowest such index, with that axis gone.
    default Value argMax(Value x, int axis) {
        var dimensions = new ArrayList<>(x.shape().dimensions());
        dimensions.remove(x.shape().index(axis));
        var type = new TensorType(ElementType.I64, new Shape(dimensions));
        return node("ArgMax", List.of(x), type, axis(axis), Attribute.of("keepdims", 0));
    }

    /// The `k` largest elements along the axis, values and indices.
    default List<Value> topK(Value x, int axis, long k) {
        var shape = x.shape().with(axis, new Dimension.Fixed(k));
        var types = List.of(x.type().withShape(shape), new TensorType(ElementType.I64, shape));
        return node("", "TopK", List.of(x, constant(k)), List.of(axis(axis)), types);
    }

    private static Attribute axis(int axis) {
        return Attribute.of("axis", axis);
    }
}
