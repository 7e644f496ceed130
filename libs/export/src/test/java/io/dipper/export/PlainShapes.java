package io.dipper.export;

import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// The stock operators of lowered graphs by plain loops: arithmetic on equal or broadcast shapes,
/// and what moves values without changing them.
final class PlainShapes {
    private final Map<String, float[]> values;

    PlainShapes(Map<String, float[]> values) {
        this.values = values;
    }

    interface Each {
        float of(float a);
    }

    interface Both {
        float of(float a, float b);
    }

    static float[] each(float[] x, Each operation) {
        float[] result = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            result[i] = operation.of(x[i]);
        }
        return result;
    }

    void run(Node node) {
        switch (node.op()) {
            case "Add" -> put(node, binary(node, Float::sum));
            case "Sub" -> put(node, binary(node, (a, b) -> a - b));
            case "Mul" -> put(node, binary(node, (a, b) -> a * b));
            case "Div" -> put(node, binary(node, (a, b) -> a / b));
            case "Max" -> put(node, binary(node, Math::max));
            case "Min" -> put(node, binary(node, Math::min));
            case "Less" -> put(node, binary(node, (a, b) -> a < b ? 1 : 0));
            case "Reshape", "Squeeze", "Unsqueeze" -> put(node, input(node, 0));
            case "ReduceMean" -> put(node, means(node));
            case "Gather" -> put(node, gather(node));
            case "MatMul" -> put(node, products(node));
            case "Slice" -> put(node, part(node, 0, (int) input(node, 1)[0], (int) input(node, 2)[0]));
            case "Split" -> split(node);
            case "Concat" -> put(node, concat(node));
            default -> throw new IllegalStateException("no plain form of " + node.op());
        }
    }

    private void put(Node node, float[] value) {
        values.put(node.outputs().getFirst().name(), value);
    }

    private float[] input(Node node, int index) {
        return values.get(node.inputs().get(index).name());
    }

    /// With the shapes' last axes aligned and axes of length one repeated.
    float[] binary(Node node, Both operation) {
        float[] a = input(node, 0);
        float[] b = input(node, 1);
        int[] ofA = shape(node.inputs().get(0));
        int[] ofB = shape(node.inputs().get(1));
        int rank = Math.max(ofA.length, ofB.length);
        int[] shape = new int[rank];
        int size = 1;
        for (int axis = 1; axis <= rank; axis++) {
            shape[rank - axis] = Math.max(length(ofA, axis), length(ofB, axis));
            size *= shape[rank - axis];
        }
        float[] result = new float[size];
        for (int i = 0; i < size; i++) {
            result[i] = operation.of(a[index(i, shape, ofA)], b[index(i, shape, ofB)]);
        }
        return result;
    }

    private static int length(int[] shape, int fromLast) {
        return fromLast > shape.length ? 1 : shape[shape.length - fromLast];
    }

    private static int index(int flat, int[] shape, int[] of) {
        int rest = flat;
        int stride = 1;
        int index = 0;
        for (int axis = 1; axis <= shape.length; axis++) {
            int at = rest % shape[shape.length - axis];
            rest /= shape[shape.length - axis];
            index += length(of, axis) == 1 ? 0 : at * stride;
            stride *= length(of, axis);
        }
        return index;
    }

    private float[] means(Node node) {
        float[] x = input(node, 0);
        int width =
                shape(node.inputs().getFirst())[node.inputs().getFirst().shape().rank() - 1];
        float[] result = new float[x.length / width];
        for (int row = 0; row < result.length; row++) {
            double sum = 0;
            for (int i = 0; i < width; i++) {
                sum += x[row * width + i];
            }
            result[row] = (float) (sum / width);
        }
        return result;
    }

    private float[] gather(Node node) {
        float[] table = input(node, 0);
        float[] indices = input(node, 1);
        return rows(table, indices, table.length / shape(node.inputs().getFirst())[0]);
    }

    static float[] rows(float[] table, float[] indices, int width) {
        float[] rows = new float[indices.length * width];
        for (int i = 0; i < indices.length; i++) {
            int row = (int) indices[i];
            System.arraycopy(table, row * width, rows, i * width, width);
        }
        return rows;
    }

    /// Matrix by matrix along the first axis.
    private float[] products(Node node) {
        float[] a = input(node, 0);
        float[] b = input(node, 1);
        int[] ofA = shape(node.inputs().get(0));
        int inner = ofA[2];
        int columns = b.length / (ofA[0] * inner);
        float[] result = new float[ofA[0] * ofA[1] * columns];
        for (int i = 0; i < result.length; i++) {
            int row = i / columns;
            int matrix = row / ofA[1];
            double sum = 0;
            for (int k = 0; k < inner; k++) {
                sum += (double) a[row * inner + k] * b[(matrix * inner + k) * columns + i % columns];
            }
            result[i] = (float) sum;
        }
        return result;
    }

    private void split(Node node) {
        int from = 0;
        for (int i = 0; i < node.outputs().size(); i++) {
            int to = from + (int) input(node, 1)[i];
            values.put(node.outputs().get(i).name(), part(node, 0, from, to));
            from = to;
        }
    }

    /// Entries `from` to `to - 1` of an input along its second axis.
    private float[] part(Node node, int index, int from, int to) {
        float[] x = input(node, index);
        int[] shape = shape(node.inputs().get(index));
        int inner = x.length / (shape[0] * shape[1]);
        float[] result = new float[shape[0] * (to - from) * inner];
        for (int row = 0; row < shape[0]; row++) {
            System.arraycopy(
                    x, (row * shape[1] + from) * inner, result, row * (to - from) * inner, (to - from) * inner);
        }
        return result;
    }

    /// Along the second axis.
    private float[] concat(Node node) {
        List<float[]> parts =
                node.inputs().stream().map(value -> values.get(value.name())).toList();
        int rows = shape(node.inputs().getFirst())[0];
        float[] result = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (int row = 0; row < rows; row++) {
            for (float[] part : parts) {
                int length = part.length / rows;
                System.arraycopy(part, row * length, result, at, length);
                at += length;
            }
        }
        return result;
    }

    /// With the one open dimension worked out from the number of values.
    private int[] shape(Value value) {
        List<Dimension> dimensions = value.shape().dimensions();
        int[] shape = dimensions.stream()
                .mapToInt(dimension -> dimension instanceof Dimension.Fixed(long size) ? (int) size : -1)
                .toArray();
        int fixed = Arrays.stream(shape).filter(size -> size >= 0).reduce(1, (a, b) -> a * b);
        return Arrays.stream(shape)
                .map(size -> size < 0 ? values.get(value.name()).length / fixed : size)
                .toArray();
    }
}
