package io.dipper.operators.benchmarks;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.Invocation;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import io.dipper.operators.Operators;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Our `PagedAttention` beside ONNX Runtime's own `GroupQueryAttention` (past and present in one
/// buffer), float32, the same heads, new tokens and pasts, in turns in one run. Neither rotates nor
/// norms.
///
/// Argument: the number of threads.
public final class AttentionBenchmark {
    private static final int BLOCK = 32;

    /// @param rows sequences at once
    /// @param fresh new tokens of each
    /// @param past tokens of each that are there already
    private record Shape(int heads, int kvHeads, int dim, int rows, int fresh, int past) {
        int total() {
            return past + fresh;
        }

        long width() {
            return (long) heads * dim;
        }

        int tokens() {
            return rows * fresh;
        }

        int blocks() {
            return Math.ceilDiv(total(), BLOCK);
        }
    }

    private static final int[][] STEPS = {
        {1, 512, 0}, {1, 128, 1024}, {1, 1, 512}, {8, 1, 512}, {1, 1, 4096}, {16, 1, 2048}
    };

    private final Environment environment;
    private final int threads;

    private AttentionBenchmark(Environment environment, int threads) {
        this.environment = environment;
        this.threads = threads;
    }

    public static void main(String[] args) {
        try (var environment = Environment.silent()) {
            int threads = Integer.parseInt(args[0]);
            System.out.printf("onnxruntime %s, %d thread(s)%n%n", Environment.version(), threads);
            System.out.println(
                    "| heads, kv, dim | rows | new | past | ours, ms | GroupQueryAttention, ms | ours / theirs |");
            System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
            var benchmark = new AttentionBenchmark(environment, threads);
            for (int[] heads : new int[][] {{16, 8, 128}, {32, 8, 64}}) {
                for (int[] step : STEPS) {
                    benchmark.measure(new Shape(heads[0], heads[1], heads[2], step[0], step[1], step[2]));
                }
            }
        }
    }

    private void measure(Shape shape) {
        try (var domain = Operators.domain();
                Session ours = open(paged(shape), new SessionOptions().customOps(domain));
                Session stock = open(grouped(shape), new SessionOptions());
                var mine = new Run(ours, pagedInputs(shape), pagedOutputs(shape));
                var theirs = groupedRun(stock, shape)) {
            double[] seconds = Timing.together(shape.fresh() > 1 ? 30 : 200, mine, theirs);
            System.out.printf(
                    "| %d, %d, %d | %d | %d | %d | %.3f | %.3f | %.2f |%n",
                    shape.heads(),
                    shape.kvHeads(),
                    shape.dim(),
                    shape.rows(),
                    shape.fresh(),
                    shape.past(),
                    seconds[0] * 1e3,
                    seconds[1] * 1e3,
                    seconds[0] / seconds[1]);
        }
    }

    private Session open(Graph graph, SessionOptions options) {
        return Session.open(
                environment, OnnxModel.bytes(graph), options.threads(threads).spinning(threads > 1));
    }

    /// A session's one call, with its tensors.
    private static final class Run implements Runnable, AutoCloseable {
        private final List<Tensor> tensors = new ArrayList<>();
        private final RunOptions options = RunOptions.create();
        private final Invocation call;

        Run(Session session, Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
            call = session.invocation(List.copyOf(inputs.keySet()), List.copyOf(outputs.keySet()));
            int input = 0;
            for (Tensor tensor : inputs.values()) {
                tensors.add(tensor);
                call.input(input++, tensor);
            }
            int output = 0;
            for (Tensor tensor : outputs.values()) {
                tensors.add(tensor);
                call.output(output++, tensor);
            }
        }

        @Override
        public void run() {
            call.run(options);
        }

        @Override
        public void close() {
            call.close();
            options.close();
            tensors.forEach(Tensor::close);
        }
    }

    private static Graph paged(Shape shape) {
        var graph = new GraphBuilder("paged");
        int tokens = shape.tokens();
        Value query = graph.input("query", ElementType.F32, tokens, shape.width());
        Value key = graph.input("key", ElementType.F32, tokens, shape.kvHeads() * shape.dim());
        Value value = graph.input("value", ElementType.F32, tokens, shape.kvHeads() * shape.dim());
        int perBlock = BLOCK * shape.kvHeads() * 2 * shape.dim();
        Value pool = graph.input("pool", ElementType.F32, shape.rows() * shape.blocks(), perBlock);
        Value positions = graph.input("positions", ElementType.I32, tokens);
        Value starts = graph.input("starts", ElementType.I32, shape.rows() + 1);
        Value table = graph.input("table", ElementType.I32, shape.rows(), shape.blocks());
        List<Value> outputs = graph.node(
                Operators.DOMAIN,
                "PagedAttention",
                List.of(query, key, value, pool, positions, starts, table),
                List.of(
                        Attribute.of("heads", shape.heads()),
                        Attribute.of("kv_heads", shape.kvHeads()),
                        Attribute.of("head_dim", shape.dim()),
                        Attribute.of("value_dim", shape.dim()),
                        Attribute.of("scale", (float) (1 / Math.sqrt(shape.dim()))),
                        Attribute.of("block_tokens", BLOCK)),
                List.of(TensorType.of(ElementType.F32, tokens, shape.width()), TensorType.of(ElementType.I32, 1)));
        graph.opset(Operators.DOMAIN, 1);
        graph.output("mixed", outputs.getFirst());
        return graph.build();
    }

    private static Map<String, Tensor> pagedInputs(Shape shape) {
        int tokens = shape.tokens();
        Map<String, Tensor> inputs = projected(shape, tokens);
        Tensor pool = floats((long) shape.rows() * shape.blocks(), (long) BLOCK * shape.kvHeads() * 2 * shape.dim());
        Tensor positions = Tensor.allocate(DataType.I32, tokens);
        Tensor starts = Tensor.allocate(DataType.I32, shape.rows() + 1);
        Tensor table = Tensor.allocate(DataType.I32, shape.rows(), shape.blocks());
        for (int token = 0; token < tokens; token++) {
            positions.data().setAtIndex(ValueLayout.JAVA_INT, token, shape.past() + token % shape.fresh());
        }
        for (int row = 0; row <= shape.rows(); row++) {
            starts.data().setAtIndex(ValueLayout.JAVA_INT, row, row * shape.fresh());
        }
        for (int i = 0; i < shape.rows() * shape.blocks(); i++) {
            table.data().setAtIndex(ValueLayout.JAVA_INT, i, i);
        }
        inputs.put("pool", pool);
        inputs.put("positions", positions);
        inputs.put("starts", starts);
        inputs.put("table", table);
        return inputs;
    }

    private static Map<String, Tensor> pagedOutputs(Shape shape) {
        return Map.of("mixed", Tensor.allocate(DataType.F32, shape.tokens(), shape.width()));
    }

    private static Graph grouped(Shape shape) {
        var graph = new GraphBuilder("grouped");
        Value query = graph.input("query", ElementType.F32, shape.rows(), shape.fresh(), shape.width());
        Value key = graph.input("key", ElementType.F32, shape.rows(), shape.fresh(), shape.kvHeads() * shape.dim());
        Value value = graph.input("value", ElementType.F32, shape.rows(), shape.fresh(), shape.kvHeads() * shape.dim());
        Object[] cache = {shape.rows(), shape.kvHeads(), shape.total(), shape.dim()};
        Value pastKey = graph.input("past_key", ElementType.F32, cache);
        Value pastValue = graph.input("past_value", ElementType.F32, cache);
        Value lengths = graph.input("lengths", ElementType.I32, shape.rows());
        Value total = graph.input("total", ElementType.I32, 1);
        List<Value> outputs = graph.node(
                "com.microsoft",
                "GroupQueryAttention",
                List.of(query, key, value, pastKey, pastValue, lengths, total),
                List.of(
                        Attribute.of("num_heads", shape.heads()),
                        Attribute.of("kv_num_heads", shape.kvHeads()),
                        Attribute.of("scale", (float) (1 / Math.sqrt(shape.dim())))),
                List.of(query.type(), pastKey.type(), pastValue.type()));
        graph.opset("com.microsoft", 1);
        graph.output("mixed", outputs.get(0));
        graph.output("present_key", outputs.get(1));
        graph.output("present_value", outputs.get(2));
        return graph.build();
    }

    private static Run groupedRun(Session session, Shape shape) {
        Map<String, Tensor> inputs = projected(shape, shape.rows(), shape.fresh());
        long[] cache = {shape.rows(), shape.kvHeads(), shape.total(), shape.dim()};
        Tensor keys = floats(cache);
        Tensor values = floats(cache);
        inputs.put("past_key", keys);
        inputs.put("past_value", values);
        Tensor lengths = Tensor.allocate(DataType.I32, shape.rows());
        for (int row = 0; row < shape.rows(); row++) {
            lengths.data().setAtIndex(ValueLayout.JAVA_INT, row, shape.total() - 1);
        }
        inputs.put("lengths", lengths);
        Tensor total = Tensor.allocate(DataType.I32, 1);
        total.data().set(ValueLayout.JAVA_INT, 0, shape.total());
        inputs.put("total", total);
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        outputs.put("mixed", Tensor.allocate(DataType.F32, shape.rows(), shape.fresh(), shape.width()));
        outputs.put("present_key", Tensor.of(keys.data(), DataType.F32, cache));
        outputs.put("present_value", Tensor.of(values.data(), DataType.F32, cache));
        return new Run(session, inputs, outputs);
    }

    private static Map<String, Tensor> projected(Shape shape, long... leading) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        inputs.put("query", floats(with(leading, shape.width())));
        inputs.put("key", floats(with(leading, (long) shape.kvHeads() * shape.dim())));
        inputs.put("value", floats(with(leading, (long) shape.kvHeads() * shape.dim())));
        return inputs;
    }

    private static long[] with(long[] leading, long last) {
        long[] shape = java.util.Arrays.copyOf(leading, leading.length + 1);
        shape[leading.length] = last;
        return shape;
    }

    private static Tensor floats(long... shape) {
        Tensor tensor = Tensor.allocate(DataType.F32, shape);
        Timing.fill(tensor.data(), shape[0]);
        return tensor;
    }
}
