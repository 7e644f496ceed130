package io.dipper.onnxruntime.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxruntime.CustomOp;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.CustomOpKernel;
import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.KernelInfo;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import java.util.List;

/// What a node costs: a chain of 200 additions of four elements, by an operator in Java and by ONNX
/// Runtime's own; and what splitting a node's work over the session's threads costs.
public final class NodeCostBenchmark {
    private static final int NODES = 200;
    private static final int RUNS = 200;

    private record Plus(int parts) implements CustomOp {
        @Override
        public String name() {
            return "Plus";
        }

        @Override
        public List<CustomOpParameter> inputs() {
            return List.of(CustomOpParameter.required(DataType.F32), CustomOpParameter.required(DataType.F32));
        }

        @Override
        public List<CustomOpParameter> outputs() {
            return List.of(CustomOpParameter.required(DataType.F32));
        }

        @Override
        public CustomOpKernel create(KernelInfo info) {
            return context -> {
                var a = context.input(0);
                var b = context.input(1);
                var sum = context.output(0, DataType.F32, context.dimension(0, 0), context.dimension(0, 1));
                if (parts > 0) {
                    context.parallelFor(parts, _ -> {});
                }
                for (long i = 0; i < context.elements(0); i++) {
                    sum.setAtIndex(JAVA_FLOAT, i, a.getAtIndex(JAVA_FLOAT, i) + b.getAtIndex(JAVA_FLOAT, i));
                }
            };
        }
    }

    private NodeCostBenchmark() {}

    public static void main(String[] args) {
        try (var environment = Environment.silent()) {
            for (int round = 0; round < 3; round++) {
                System.out.printf("own Add: %.0f ns a node%n", measure(environment, "", 0));
                System.out.printf("Java: %.0f ns a node%n", measure(environment, "java", 0));
                System.out.printf(
                        "Java, work in 2 parts on 2 threads: %.0f ns a node%n", measure(environment, "java", 2));
            }
        }
    }

    private static double measure(Environment environment, String domain, int parts) {
        var builder = new GraphBuilder("chain").opset("java", 1);
        var x = builder.input("x", ElementType.F32, "B", "D");
        var y = builder.input("y", ElementType.F32, "B", "D");
        var sum = x;
        for (int i = 0; i < NODES; i++) {
            sum = builder.node(domain, domain.isEmpty() ? "Add" : "Plus", List.of(sum, y), List.of(), List.of(x.type()))
                    .getFirst();
        }
        builder.output("z", sum);
        var options = new SessionOptions().threads(2).optimization(SessionOptions.Optimization.NONE);
        try (var java = CustomOpDomain.of("java", List.of(new Plus(parts)));
                var session = Session.open(environment, OnnxModel.bytes(builder.build()), options.customOps(java));
                var binding = session.bind();
                var run = RunOptions.create();
                var a = Tensor.allocate(DataType.F32, 1, 4);
                var z = Tensor.allocate(DataType.F32, 1, 4)) {
            binding.input("x", a).input("y", a).output("z", z);
            var seconds = Measure.best(10, () -> {
                for (int i = 0; i < RUNS; i++) {
                    binding.run(run);
                }
            });
            return seconds.wall() * 1e9 / RUNS / NODES;
        }
    }
}
