package io.dipper.onnxruntime.benchmarks;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// The memory that weights take, by the way in which they reach a session: 24 products with weights
/// of 16.8 MB, as files beside the model, or as tensors over mapped memory. One way a process,
/// since freed memory is not always given back.
///
/// Arguments: folder, `write`; then folder, `file` or `tensors`, `prepacked` or `plain`, `gemm` or
/// `matmul`.
public final class WeightsMemory {
    private static final int K = 1024;
    private static final int N = 4096;
    private static final int PRODUCTS = 24;

    private WeightsMemory() {}

    public static void main(String[] args) throws Exception {
        var folder = Path.of(args[0]);
        boolean gemm = args[3].equals("gemm");
        long bytes = (long) K * N * Float.BYTES;
        try (var environment = Environment.silent();
                var arena = Arena.ofShared()) {
            var file = folder.resolve("weights.bin");
            if (args[1].equals("write")) {
                Measure.weights(file, (long) K * N * PRODUCTS);
                return;
            }
            var weights = Measure.map(file, arena);
            var model = folder.resolve("model.onnx");
            var options = new SessionOptions().threads(2).prepacking(args[2].equals("prepacked"));
            var builder = new GraphBuilder("products");
            var x = builder.input("x", ElementType.F32, "M", K);
            Value sum = null;
            for (int i = 0; i < PRODUCTS; i++) {
                var type = gemm ? TensorType.of(ElementType.F32, N, K) : TensorType.of(ElementType.F32, K, N);
                var weight = builder.external("w" + i, type, "weights.bin", i * bytes, bytes);
                var y = gemm ? builder.gemmTransposed(x, weight, Value.ABSENT) : builder.matMul(x, weight);
                sum = sum == null ? y : builder.add(sum, y);
                if (args[1].equals("tensors")) {
                    long[] shape = gemm ? new long[] {N, K} : new long[] {K, N};
                    options.externalInitializer(
                            "w" + i, Tensor.of(weights.asSlice(i * bytes, bytes), DataType.F32, shape));
                }
            }
            builder.output("y", sum);
            Files.write(model, OnnxModel.bytes(builder.build()));
            var before = Measure.Resident.now();
            long start = System.nanoTime();
            try (var session = Session.open(environment, model, options)) {
                double seconds = (System.nanoTime() - start) * 1e-9;
                var opened = Measure.Resident.now().since(before);
                for (int i = 0; i < 5; i++) {
                    try (var input = Tensor.allocate(DataType.F32, 1, K)) {
                        session.run(Map.of("x", input)).forEach(Tensor::close);
                    }
                }
                System.out.printf(
                        "%s: weights %d MB, opened in %.2f s: %s; after 5 runs: %s; at most %d MB%n",
                        String.join(" ", args).replace(args[0], "").strip(),
                        bytes * PRODUCTS / 1_000_000,
                        seconds,
                        opened,
                        Measure.Resident.now().since(before),
                        Measure.peak() - before.anonymous() - before.file());
            }
        }
    }
}
