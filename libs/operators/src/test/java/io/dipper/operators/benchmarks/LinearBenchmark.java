package io.dipper.operators.benchmarks;

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
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/// Our `Linear` beside ONNX Runtime's own `Gemm` with prepacked weights, float32, in one run: each
/// graph holds as many products, with weights of their own, as fill 384 MB, so that weights come
/// from memory as in a model.
///
/// Arguments: a folder for model and weights, the number of threads.
public final class LinearBenchmark {
    private static final long WEIGHT_FLOATS = 96_000_000L;
    private static final int[][] SHAPES = {{1024, 3072}, {3072, 1024}, {4096, 4096}};
    private static final int[] BATCHES = {1, 2, 4, 8, 16, 64, 512};

    private final Environment environment;
    private final Path folder;
    private final int threads;

    private LinearBenchmark(Environment environment, Path folder, int threads) {
        this.environment = environment;
        this.folder = folder;
        this.threads = threads;
    }

    public static void main(String[] args) throws Exception {
        try (var environment = Environment.silent()) {
            var folder = Path.of(args[0]);
            int threads = Integer.parseInt(args[1]);
            Timing.weights(folder.resolve("weights.bin"), WEIGHT_FLOATS);
            System.out.printf(
                    "onnxruntime %s, %d thread(s); read rate %.1f GB/s%n%n",
                    Environment.version(), threads, Timing.readRate(threads));
            System.out.println(
                    "| K → N | M | Linear, ms | Gemm, ms | Linear / Gemm | Linear, GB/s | Linear, GFLOP/s |");
            System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
            for (int[] shape : SHAPES) {
                new LinearBenchmark(environment, folder, threads).measure(shape[0], shape[1]);
            }
        }
    }

    private void measure(int k, int n) throws Exception {
        int products = (int) (WEIGHT_FLOATS / ((long) k * n));
        try (var domain = Operators.domain();
                Session ours = open(graph(k, n, products, true), new SessionOptions().customOps(domain));
                Session stock = open(graph(k, n, products, false), new SessionOptions().prepacking(true))) {
            for (int m : BATCHES) {
                try (var mine = new Products(ours, m, k, n, products);
                        var theirs = new Products(stock, m, k, n, products)) {
                    double[] seconds = Timing.together(m >= 64 ? 3 : 10, mine, theirs);
                    double ms = seconds[0] / products * 1e3;
                    System.out.printf(
                            "| %d → %d | %d | %.3f | %.3f | %.2f | %.1f | %.1f |%n",
                            k,
                            n,
                            m,
                            ms,
                            seconds[1] / products * 1e3,
                            seconds[0] / seconds[1],
                            4e-6 * k * n / ms,
                            2e-6 * k * n * m / ms);
                }
            }
        }
    }

    private Session open(Graph graph, SessionOptions options) throws Exception {
        var model = folder.resolve("model.onnx");
        OnnxModel.write(graph, model);
        return Session.open(environment, model, options.threads(threads).spinning(threads > 1));
    }

    /// One run of all products of a session for a batch of `m` rows.
    private static final class Products implements Runnable, AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        private final Tensor input;
        private final Tensor output;
        private final RunOptions options = RunOptions.create();
        private final Invocation call;

        Products(Session session, int m, int k, int n, int products) {
            var x = arena.allocate((long) m * k * Float.BYTES, 64);
            Timing.fill(x, 2);
            input = Tensor.of(x, DataType.F32, m, k);
            output = Tensor.allocate(DataType.F32, m, n);
            var names = IntStream.range(0, products).mapToObj(i -> "y" + i).toList();
            call = session.invocation(List.of("x"), names);
            call.input(0, input);
            for (int i = 0; i < products; i++) {
                call.output(i, output);
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
            output.close();
            input.close();
            arena.close();
        }
    }

    private static Graph graph(int k, int n, int products, boolean ours) {
        var builder = new GraphBuilder("products");
        var x = builder.input("x", ElementType.F32, "M", (long) k);
        for (int i = 0; i < products; i++) {
            long bytes = (long) k * n * Float.BYTES;
            var weight =
                    builder.external("w" + i, TensorType.of(ElementType.F32, n, k), "weights.bin", i * bytes, bytes);
            builder.output(
                    "y" + i, ours ? linear(builder, x, weight, n) : builder.gemmTransposed(x, weight, Value.ABSENT));
        }
        if (ours) {
            builder.opset(Operators.DOMAIN, 1);
        }
        return builder.build();
    }

    private static Value linear(GraphBuilder builder, Value x, Value weight, long n) {
        return builder.node(
                        Operators.DOMAIN,
                        "Linear",
                        List.of(x, weight),
                        List.of(),
                        List.of(TensorType.of(ElementType.F32, "M", n)))
                .getFirst();
    }
}
