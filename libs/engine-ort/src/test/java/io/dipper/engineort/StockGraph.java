package io.dipper.engineort;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.dipper.export.stock.StockForms;
import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.ExecutionProvider;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// Operators of ours over made-up inputs, run as stock ones.
final class StockGraph {
    private static final String DOMAIN = "io.dipper";

    /// A first run takes its memory on the way; what comes out of a later one is compared.
    private static final int RUNS = 4;

    private final GraphBuilder graph = new GraphBuilder("stock").opset(DOMAIN, 1);
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final SplittableRandom random;
    private int outputs;

    StockGraph(long seed) {
        random = new SplittableRandom(seed);
    }

    /// An input between −1 and 1.
    Value floats(long... shape) {
        Tensor values = Tensor.allocate(DataType.F32, shape);
        for (long i = 0; i < values.data().byteSize() / Float.BYTES; i++) {
            values.data().setAtIndex(JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
        }
        return input(values, ElementType.F32);
    }

    Value integers(int[] of, long... shape) {
        Tensor values = Tensor.allocate(DataType.I32, shape);
        for (int i = 0; i < of.length; i++) {
            values.data().setAtIndex(JAVA_INT, i, of[i]);
        }
        return input(values, ElementType.I32);
    }

    private Value input(Tensor values, ElementType element) {
        String name = "x" + inputs.size();
        inputs.put(name, values);
        return graph.input(name, element, Arrays.stream(values.shape()).boxed().toArray());
    }

    /// A node, all of whose outputs come out of the graph as float32.
    ///
    /// @return the first of them
    Value op(String op, List<Value> of, List<Attribute> attributes, TensorType... made) {
        List<Value> values = graph.node(DOMAIN, op, of, attributes, List.of(made));
        for (Value value : values) {
            graph.output("y" + outputs++, graph.cast(value, ElementType.F32));
        }
        return values.getFirst();
    }

    /// What comes out, pools that were written included.
    List<float[]> onProcessors() {
        return run(new SessionOptions());
    }

    /// As engines open a graph on a card: on a stream of their own.
    List<float[]> onCard(CudaCard card) {
        try (CudaStream stream = card.newStream()) {
            Map<String, String> settings = Map.of("device_id", Integer.toString(card.ordinal()), "use_tf32", "0");
            return run(new SessionOptions()
                    .memoryPattern(false)
                    .provider(new ExecutionProvider.Cuda(settings, stream.handle())));
        }
    }

    private List<float[]> run(SessionOptions options) {
        Graph stock = StockForms.replace(graph.build(), _ -> true).graph();
        try (var environment = Environment.silent();
                Session session = Session.open(environment, OnnxModel.bytes(stock), options)) {
            List<float[]> arrays = new ArrayList<>();
            for (int run = 1; run < RUNS; run++) {
                session.run(inputs).forEach(Tensor::close);
            }
            for (Tensor result : session.run(inputs)) {
                arrays.add(result.data().toArray(JAVA_FLOAT_UNALIGNED));
                result.close();
            }
            return arrays;
        }
    }
}
