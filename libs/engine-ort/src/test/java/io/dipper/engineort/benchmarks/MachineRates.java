package io.dipper.engineort.benchmarks;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.Value;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// What the machine reaches, to hold a model's figures against.
final class MachineRates {
    private static final int ROUNDS = 6;
    private static final long HALF = 192L << 20;
    private static final int ROWS = 512;
    private static final int SIDE = 2048;

    private MachineRates() {}

    /// GB/s at which so many threads, each comparing two arrays of its own, read memory.
    static double read(int threads) throws InterruptedException {
        try (var arena = Arena.ofShared()) {
            MemorySegment[][] arrays = new MemorySegment[threads][2];
            for (MemorySegment[] pair : arrays) {
                for (int i = 0; i < 2; i++) {
                    pair[i] = arena.allocate(HALF, 4096).fill((byte) 1);
                }
            }
            double best = Double.POSITIVE_INFINITY;
            for (int round = 0; round < ROUNDS; round++) {
                var done = new CountDownLatch(threads);
                long startNs = System.nanoTime();
                for (MemorySegment[] pair : arrays) {
                    Thread.ofPlatform().start(() -> {
                        pair[0].mismatch(pair[1]);
                        done.countDown();
                    });
                }
                done.await();
                best = Math.min(best, (System.nanoTime() - startNs) * 1e-9);
            }
            return 2e-9 * HALF * threads / best;
        }
    }

    /// GFLOP/s of ONNX Runtime's own product of 512 rows with a square matrix that stays in cache.
    static double product(int threads) {
        var graph = new GraphBuilder("product");
        Value x = graph.input("x", ElementType.F32, ROWS, SIDE);
        Value weight = graph.input("weight", ElementType.F32, SIDE, SIDE);
        graph.output("y", graph.gemmTransposed(x, weight, Value.ABSENT));
        try (var environment = Environment.silent();
                var session = Session.open(
                        environment,
                        OnnxModel.bytes(graph.build()),
                        new SessionOptions().threads(threads).spinning(threads > 1));
                var left = Tensor.allocate(DataType.F32, ROWS, SIDE);
                var right = Tensor.allocate(DataType.F32, SIDE, SIDE);
                var output = Tensor.allocate(DataType.F32, ROWS, SIDE);
                var options = RunOptions.create();
                var call = session.invocation(List.of("x", "weight"), List.of("y"))) {
            call.input(0, left);
            call.input(1, right);
            call.output(0, output);
            double best = Double.POSITIVE_INFINITY;
            for (int round = 0; round < ROUNDS; round++) {
                long startNs = System.nanoTime();
                call.run(options);
                best = Math.min(best, (System.nanoTime() - startNs) * 1e-9);
            }
            return 2e-9 * ROWS * SIDE * SIDE / best;
        }
    }
}
