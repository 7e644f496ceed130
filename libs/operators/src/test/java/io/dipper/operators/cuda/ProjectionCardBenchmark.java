package io.dipper.operators.cuda;

import io.dipper.operators.linear.ProjectionCall;
import io.dipper.operators.linear.ProjectionCall.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/// The products of whole models without what lies between them: chains of a layer's four projections, each of which
/// reads what the one before wrote, captured as one graph.
public final class ProjectionCardBenchmark {
    private static final int[] ROWS = {1, 2, 4, 8, 16, 32, 64};
    private static final long MOST_BYTES = 2L << 30;
    private static final int GATED = 2;
    private static final long BUFFERS = 8;
    private static final long BUFFER_BYTES = 4L * 64 * (1 << 16);

    private record Shape(String name, int layers, int hidden, int queries, int pairs, int inner, int only) {
        long bytes() {
            long[] each = {queries + 2L * pairs, queries, 2L * inner, inner};
            long rows = only < 0 ? LongStream.of(each).sum() : each[only];
            return 2L * layers * hidden * rows;
        }
    }

    private static final List<Shape> SHAPES = List.of(
            new Shape("Qwen3-0.6B", 28, 1024, 2048, 1024, 3072, -1),
            new Shape("Llama-3.2-1B", 16, 2048, 2048, 512, 8192, -1),
            new Shape("0.6B, q k v", 28, 1024, 2048, 1024, 3072, 0),
            new Shape("0.6B, out", 28, 1024, 2048, 1024, 3072, 1),
            new Shape("0.6B, gate and up", 28, 1024, 2048, 1024, 3072, 2),
            new Shape("0.6B, down", 28, 1024, 2048, 1024, 3072, 3),
            new Shape("Qwen3-8B, 4 layers", 4, 4096, 4096, 1024, 12288, -1));

    private final CardBench bench;
    private final double readRate;
    private final long memory;
    private final long floats;
    private final Optional<CudaGate> gate = Optional.of(CudaGate.NONE);

    private ProjectionCardBenchmark(CardBench bench) {
        this.bench = bench;
        this.readRate = bench.readRate() * 1e-9;
        this.memory = bench.halves(MOST_BYTES / Short.BYTES);
        this.floats = bench.floats(BUFFERS * BUFFER_BYTES / Float.BYTES);
    }

    public static void main(String[] arguments) {
        try (CardBench bench = new CardBench(CudaCard.open(0))) {
            CudaCard card = bench.card;
            CudaStream stream = bench.stream;
            var benchmark = new ProjectionCardBenchmark(bench);
            System.out.printf("%s, read rate %.0f GB/s%n%n", card.description(), benchmark.readRate);
            System.out.println("| model | rows | how | us a step | GB/s | of the read rate |");
            System.out.println("| --- | --- | --- | --- | --- | --- |");
            for (Shape shape : SHAPES) {
                for (int rows : ROWS) {
                    benchmark.measure(shape, rows, "as served", () -> {
                        var projection = new CudaProjection(card);
                        return node -> projection.compute(node, stream.handle());
                    });
                    if (rows >= 4) {
                        benchmark.measure(shape, rows, "cuBLAS", () -> {
                            ManyRows many = new ManyRows(card);
                            return node -> many.project(node, stream.handle());
                        });
                    }
                }
            }
        }
    }

    private interface Projector {
        void project(ProjectionNode node);
    }

    private void measure(Shape shape, int rows, String how, Supplier<Projector> maker) {
        if (rows > 32 && !how.equals("cuBLAS")) {
            return;
        }
        Projector projector = maker.get();
        try {
            double us = bench.microseconds(1, () -> chain(shape, rows, projector));
            double rate = shape.bytes() / us * 1e-3;
            System.out.printf(
                    "| %s | %d | %s | %.0f | %.0f | %.0f %% |%n",
                    shape.name(), rows, how, us, rate, 100 * rate / readRate);
        } catch (CudaException e) {
            System.out.printf("| %s | %d | %s | %s |%n", shape.name(), rows, how, e.getMessage());
        }
    }

    private void chain(Shape of, int rows, Projector projector) {
        long at = memory;
        for (int layer = 0; layer < of.layers(); layer++) {
            long query = buffer(2);
            List<Part> qkv = new ArrayList<>();
            int[] widths = {of.queries(), of.pairs(), of.pairs()};
            for (int i = 0; i < widths.length; i++) {
                qkv.add(new Part(at, 0, buffer(2 + i), widths[i]));
                at += 2L * widths[i] * of.hidden();
            }
            long norm = buffer(7);
            long stream0 = buffer(0);
            long stream1 = buffer(1);
            Part out = new Part(at, 0, stream1, of.hidden());
            at += 2L * of.queries() * of.hidden();
            Part both = new Part(at, 0, buffer(5), 2 * of.inner());
            at += 4L * of.inner() * of.hidden();
            Part down = new Part(at, 0, stream0, of.hidden());
            at += 2L * of.inner() * of.hidden();
            List<ProjectionCall> calls = List.of(
                    new ProjectionCall(rows, of.hidden(), stream0, norm, 0, qkv),
                    new ProjectionCall(rows, of.queries(), query, 0, stream0, List.of(out)),
                    new ProjectionCall(rows, of.hidden(), stream1, norm, 0, List.of(both)),
                    new ProjectionCall(rows, of.inner(), buffer(5), 0, stream1, List.of(down)));
            var handover = Handover.none(bench.card.projectionForms());
            for (int i = 0; i < calls.size(); i++) {
                if (of.only() < 0 || of.only() == i) {
                    projector.project(
                            new ProjectionNode(calls.get(i), 1e-6f, i == GATED ? gate : Optional.empty(), handover));
                }
            }
        }
    }

    private long buffer(int index) {
        return floats + index * BUFFER_BYTES;
    }
}
