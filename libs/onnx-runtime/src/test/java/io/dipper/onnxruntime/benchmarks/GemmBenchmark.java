package io.dipper.onnxruntime.benchmarks;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// ONNX Runtime's own products on the CPU, float32: `Gemm(transB=1)` on weights [N,K] and `MatMul`
/// on weights [K,N], with and without prepacked weights. Tells time, GB/s of weights, GFLOP/s, in
/// how many elements the rows of a batch differ from the same rows alone, and the memory that a
/// session takes.
///
/// A graph holds as many products, each with weights of its own, as fill 640 MB: so they come from
/// memory, as in a model.
///
/// Arguments: a folder for the model and its weights, the number of threads; then, optionally, the
/// batch sizes. With one thread, GB/s and GFLOP/s are per second of processor time, else per second
/// by the clock.
public final class GemmBenchmark {
    private static final long WEIGHT_FLOATS = 160_000_000L;
    private static final int[][] SHAPES = {{1024, 3072}, {1024, 4096}, {3072, 1024}, {1024, 151_936}};
    private static final int[] BATCHES = {1, 2, 4, 8, 16, 64, 512};

    /// Which operator, and how the weights lie.
    private enum Form {
        GEMM_NK,
        MATMUL_KN
    }

    private final Environment environment;
    private final Path folder;
    private final int threads;

    private GemmBenchmark(Environment environment, Path folder, int threads) {
        this.threads = threads;
        this.environment = environment;
        this.folder = folder;
    }

    public static void main(String[] args) throws Exception {
        try (var environment = Environment.silent()) {
            int[] batches = args.length > 2
                    ? List.of(args).subList(2, args.length).stream()
                            .mapToInt(Integer::parseInt)
                            .toArray()
                    : BATCHES;
            System.out.printf("onnxruntime %s, %s thread(s), float32%n", Environment.version(), args[1]);
            var folder = Path.of(args[0]);
            Measure.weights(folder.resolve("weights.bin"), WEIGHT_FLOATS);
            var benchmark = new GemmBenchmark(environment, folder, Integer.parseInt(args[1]));
            System.out.println(
                    "| K | N | form | prepacked | M | ms by the clock | ms of processor | GB/s | GFLOP/s | elements unlike alone |");
            System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
            for (int[] shape : SHAPES) {
                System.out.printf("read rate of one thread: %.1f GB/s of processor time%n", Measure.readRate());
                for (var form : Form.values()) {
                    for (boolean prepacked : new boolean[] {false, true}) {
                        benchmark.measure(shape[0], shape[1], form, prepacked, batches);
                    }
                }
            }
        }
    }

    private void measure(int k, int n, Form form, boolean prepacked, int[] batches) throws Exception {
        int products = (int) Math.max(1, WEIGHT_FLOATS / ((long) k * n));
        var before = Measure.Resident.now();
        var options =
                new SessionOptions().threads(threads).spinning(threads > 1).prepacking(prepacked);
        var model = folder.resolve("model.onnx");
        OnnxModel.write(graph(k, n, form, products), model);
        try (var session = Session.open(environment, model, options);
                var arena = Arena.ofShared()) {
            var opened = Measure.Resident.now().since(before);
            int most = batches[batches.length - 1];
            var x = arena.allocate((long) most * k * Float.BYTES, 64);
            Measure.fill(x, 2);
            float[][] alone = new float[most][];
            for (int row = 0; row < Math.min(16, most); row++) {
                alone[row] = result(1, k, n, session, x.asSlice((long) row * k * Float.BYTES));
            }
            for (int m : batches) {
                var time = run(session, x, m, k, n, products);
                float[] together = result(m, k, n, session, x);
                long unlike = 0;
                for (int row = 0; row < Math.min(16, m); row++) {
                    for (int column = 0; column < n; column++) {
                        unlike += Float.floatToRawIntBits(alone[row][column])
                                        != Float.floatToRawIntBits(together[row * n + column])
                                ? 1
                                : 0;
                    }
                }
                double seconds = threads == 1 ? time.processor() : time.wall();
                System.out.printf(
                        "| %d | %d | %s | %s | %d | %.3f | %.3f | %.1f | %.1f | %d of %d |%n",
                        k,
                        n,
                        form,
                        prepacked ? "yes" : "no",
                        m,
                        time.wall() * 1e3,
                        time.processor() * 1e3,
                        4e-9 * k * n / seconds,
                        2e-9 * k * n * m / seconds,
                        unlike,
                        (long) Math.min(16, m) * n);
            }
            System.out.printf(
                    "| %d | %d | %s | %s | memory | opening: %s (weights %d MB); after the runs: %s |%n",
                    k,
                    n,
                    form,
                    prepacked ? "yes" : "no",
                    opened,
                    4L * k * n * products / 1_000_000,
                    Measure.Resident.now().since(before));
        }
    }

    /// Seconds a product.
    private static Measure.Seconds run(Session session, MemorySegment x, int m, int k, int n, int products) {
        var names = new ArrayList<String>();
        for (int i = 0; i < products; i++) {
            names.add("y" + i);
        }
        try (var input = Tensor.of(x, DataType.F32, m, k);
                var output = Tensor.allocate(DataType.F32, m, n);
                var options = RunOptions.create();
                var call = session.invocation(List.of("x"), names)) {
            call.input(0, input);
            for (int i = 0; i < products; i++) {
                call.output(i, output);
            }
            var all = Measure.best(m >= 64 ? 1 : 4, () -> call.run(options));
            return new Measure.Seconds(all.wall() / products, all.processor() / products);
        }
    }

    private static float[] result(int m, int k, int n, Session session, MemorySegment x) {
        try (var input = Tensor.of(x, DataType.F32, m, k);
                var output = Tensor.allocate(DataType.F32, m, n);
                var options = RunOptions.create();
                var call = session.invocation(List.of("x"), List.of("y0"))) {
            call.input(0, input);
            call.output(0, output);
            call.run(options);
            return output.data().toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    private static Graph graph(int k, int n, Form form, int products) {
        var builder = new GraphBuilder("products");
        var x = builder.input("x", ElementType.F32, "M", k);
        for (int i = 0; i < products; i++) {
            long bytes = (long) k * n * Float.BYTES;
            var type =
                    form == Form.GEMM_NK ? TensorType.of(ElementType.F32, n, k) : TensorType.of(ElementType.F32, k, n);
            var weight = builder.external("w" + i, type, "weights.bin", i * bytes, bytes);
            builder.output(
                    "y" + i,
                    form == Form.GEMM_NK ? builder.gemmTransposed(x, weight, Value.ABSENT) : builder.matMul(x, weight));
        }
        return builder.build();
    }
}
