package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class CustomOpTest {
    private static final Environment ENVIRONMENT = Environment.silent();

    @Test
    void anOperatorInJavaStandsBetweenOrdinaryOnes() {
        var builder = Graphs.builder();
        var x = builder.input("x", ElementType.F32, "N", 4);
        var scaled = Graphs.custom(builder, "Scale", List.of(builder.add(x, x)), Attribute.of("factor", 0.5f));
        builder.output("y", builder.mul(scaled, x));
        try (var domain = CustomOpDomain.of(TestOps.DOMAIN, List.of(new TestOps.Scale(), new TestOps.Plus()));
                var session = open(OnnxModel.bytes(builder.build()), domain)) {
            assertThat(run(session, 1, 2, 3, 4)).containsExactly(1, 4, 9, 16);
        }
    }

    @Test
    void whatAKernelThrowsIsTheErrorOfTheRunAndTheSessionStaysUsable() {
        var next = new ArrayList<Throwable>();
        var hook = new TestOps.Hook(_ -> {
            if (!next.isEmpty()) {
                throw sneak(next.removeFirst());
            }
        });
        try (var domain = CustomOpDomain.of(TestOps.DOMAIN, List.of(hook));
                var session = open(Graphs.single("Hook"), domain)) {
            for (var thrown : List.of(
                    new IllegalStateException("boom ä"),
                    new IllegalArgumentException("five is not four"),
                    new StackOverflowError("deep"),
                    new OutOfMemoryError("full"),
                    new IOException("disk"))) {
                next.add(thrown);
                assertThatThrownBy(() -> run(session, 1, 2, 3, 4))
                        .isInstanceOf(OrtError.class)
                        .hasMessageContaining(thrown.getMessage())
                        .hasMessageContaining("Hook")
                        .hasCause(thrown)
                        .extracting(e -> ((OrtError) e).code())
                        .isEqualTo(
                                thrown instanceof IllegalArgumentException
                                        ? OrtError.Code.INVALID_ARGUMENT
                                        : OrtError.Code.FAIL);
                assertThat(run(session, 1, 2, 3, 4)).containsExactly(1, 2, 3, 4);
            }
        }
    }

    @Test
    void aStackOverflowInAKernelIsAnError() {
        var hook = new TestOps.Hook(context -> deep(context.inputCount()));
        try (var domain = CustomOpDomain.of(TestOps.DOMAIN, List.of(hook));
                var session = open(Graphs.single("Hook"), domain)) {
            assertThatThrownBy(() -> run(session, 1, 2, 3, 4))
                    .isInstanceOf(OrtError.class)
                    .hasMessageContaining("StackOverflowError");
        }
    }

    @Test
    void aKernelThatCannotBeMadeIsTheErrorOfOpeningTheSession() {
        int before = Kernels.live();
        try (var domain = CustomOpDomain.of(TestOps.DOMAIN, List.of(new TestOps.Scale()))) {
            assertThatThrownBy(() -> open(Graphs.single("Scale"), domain))
                    .isInstanceOf(OrtError.class)
                    .hasMessageContaining("factor");
        }
        assertThat(Kernels.live()).isEqualTo(before);
    }

    @Test
    void optionalVariadicAndUntypedInputsAreSeenAsTheyAre() {
        var builder = Graphs.builder();
        var ids = builder.input("ids", ElementType.I64, "N");
        var x = builder.input("x", ElementType.F32, "N", 4);
        var inputs = List.of(ids, Value.ABSENT, x, x);
        builder.output(
                "y",
                builder.node(TestOps.DOMAIN, "Count", inputs, List.of(), List.of(TensorType.of(ElementType.I32, 4)))
                        .getFirst());
        try (var domain = CustomOpDomain.of(TestOps.DOMAIN, List.of(new TestOps.Count()));
                var session = open(OnnxModel.bytes(builder.build()), domain);
                var ids3 = Tensor.allocate(DataType.I64, 3);
                var x3 = Tensor.allocate(DataType.F32, 3, 4);
                var y = session.run(Map.of("ids", ids3, "x", x3)).getFirst()) {
            assertThat(y.data().toArray(JAVA_INT)).containsExactly(3, -1, 12, 12);
        }
    }

    @Test
    void attributesOfEveryKindReachTheKernel() {
        var seen = new ArrayList<Object>();
        CustomOp op = new Reader(info -> {
            seen.add(info.integer("i"));
            seen.add(info.decimal("f"));
            seen.add(info.text("s"));
            seen.add(info.text("empty"));
            seen.add(List.of(info.integers("is")[0], info.integers("is")[1]));
            seen.add(info.decimals("fs")[1]);
            seen.add(info.integer("missing", 7));
            seen.add(info.decimal("missing", 0.5f));
            seen.add(info.text("missing", "otherwise"));
            seen.add(info.nodeName());
        });
        var model = Graphs.single(
                "Hook",
                Attribute.of("i", -3),
                Attribute.of("f", 1.5f),
                Attribute.of("s", "größe"),
                Attribute.of("empty", ""),
                Attribute.ints("is", 1, Long.MAX_VALUE),
                Attribute.floats("fs", 1, 2));
        try (var domain = CustomOpDomain.of(TestOps.DOMAIN, List.of(op));
                var session = open(model, domain)) {
            assertThat(session.inputs()).hasSize(1);
            assertThat(seen)
                    .containsExactly(
                            -3L, 1.5f, "größe", "", List.of(1L, Long.MAX_VALUE), 2f, 7L, 0.5f, "otherwise", "Hook");
        }
    }

    @Test
    void eachNodeHasAKernelOfItsOwnThatIsClosedWithTheSession() {
        var made = new AtomicInteger();
        var closed = new AtomicInteger();
        CustomOp op = new Stateful(made, closed);
        var builder = Graphs.builder();
        var x = builder.input("x", ElementType.F32, "N", 4);
        builder.output("y", Graphs.custom(builder, "Hook", List.of(Graphs.custom(builder, "Hook", List.of(x)))));
        var model = OnnxModel.bytes(builder.build());
        int before = Kernels.live();
        try (var domain = CustomOpDomain.of(TestOps.DOMAIN, List.of(op))) {
            try (var first = open(model, domain);
                    var second = open(model, domain)) {
                assertThat(made).hasValue(4);
                assertThat(run(first, 0, 0, 0, 0)).containsExactly(2, 2, 2, 2);
                assertThat(run(first, 0, 0, 0, 0)).containsExactly(4, 4, 4, 4);
                assertThat(run(second, 0, 0, 0, 0)).containsExactly(2, 2, 2, 2);
            }
            assertThat(closed).hasValue(4);
            assertThat(Kernels.live()).isEqualTo(before);
            try (var third = open(model, domain)) {
                assertThat(run(third, 0, 0, 0, 0)).containsExactly(2, 2, 2, 2);
            }
        }
    }

    @Test
    void aDomainOfTheSameNameMayBeMadeAgain() {
        for (int i = 1; i <= 3; i++) {
            float offset = i;
            var hook = new TestOps.Hook(context -> context.input(0).setAtIndex(JAVA_FLOAT, 0, offset));
            try (var domain = CustomOpDomain.of(TestOps.DOMAIN, List.of(hook));
                    var session = open(Graphs.single("Hook"), domain)) {
                assertThat(run(session, 0, 0, 0, 0)).containsExactly(offset, 0, 0, 0);
            }
        }
    }

    @Test
    void aKernelMayRunAnotherSessionWhoseKernelsAreOfTheSameDomain() {
        try (var inner = CustomOpDomain.of(TestOps.DOMAIN, List.of(new TestOps.Scale()));
                var doubled = open(Graphs.single("Scale", Attribute.of("factor", 2f)), inner)) {
            var hook = new TestOps.Hook(context -> {
                float before = context.input(0).get(JAVA_FLOAT, 0);
                float[] result = run(doubled, before, 0, 0, 0);
                context.input(0).set(JAVA_FLOAT, 0, result[0] + context.rank(0));
            });
            try (var outer = CustomOpDomain.of(TestOps.DOMAIN, List.of(hook));
                    var session = open(Graphs.single("Hook"), outer)) {
                assertThat(run(session, 5, 0, 0, 0)).containsExactly(12, 0, 0, 0);
            }
        }
    }

    @Test
    void manyThreadsRunManySessionsAtOnce() throws Exception {
        var model = Graphs.single("Scale", Attribute.of("factor", 3f));
        try (var domain = CustomOpDomain.of(TestOps.DOMAIN, List.of(new TestOps.Scale()));
                var first = open(model, domain);
                var second = open(model, domain);
                var threads = Executors.newFixedThreadPool(4)) {
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int t = 0; t < 8; t++) {
                int seed = t;
                tasks.add(() -> {
                    var session = seed % 2 == 0 ? first : second;
                    for (int i = 0; i < 200; i++) {
                        float[] y = run(session, seed, i, 0, 1);
                        if (y[0] != 3f * seed || y[1] != 3f * i || y[3] != 3) {
                            return false;
                        }
                    }
                    return true;
                });
            }
            for (var result : threads.invokeAll(tasks)) {
                assertThat(result.get()).isTrue();
            }
            assertThat(CompletableFuture.supplyAsync(() -> run(first, 1, 2, 3, 4), Thread::startVirtualThread)
                            .get())
                    .containsExactly(3, 6, 9, 12);
        }
    }

    @Test
    void workIsSplitOverTheSessionsThreadsAndAFailureInOnePartIsTheErrorOfTheRun() {
        var parts = new AtomicInteger();
        var hook = new TestOps.Hook(context -> context.parallelFor(100, part -> {
            parts.incrementAndGet();
            if (part == 99 && parts.get() > 100) {
                throw new IllegalStateException("part " + part);
            }
        }));
        try (var domain = CustomOpDomain.of(TestOps.DOMAIN, List.of(hook));
                var session = open(Graphs.single("Hook"), domain)) {
            assertThat(run(session, 1, 2, 3, 4)).containsExactly(1, 2, 3, 4);
            assertThat(parts).hasValue(100);
            assertThatThrownBy(() -> run(session, 1, 2, 3, 4))
                    .isInstanceOf(OrtError.class)
                    .hasMessageContaining("part 99");
        }
    }

    @Test
    void anotherThreadMayNotLookUpInputs() {
        var hook = new TestOps.Hook(context -> {
            var asked = CompletableFuture.supplyAsync(() -> context.rank(0));
            asked.join();
        });
        try (var domain = CustomOpDomain.of(TestOps.DOMAIN, List.of(hook));
                var session = open(Graphs.single("Hook"), domain)) {
            assertThatThrownBy(() -> run(session, 1, 2, 3, 4))
                    .isInstanceOf(OrtError.class)
                    .hasMessageContaining("own thread");
        }
    }

    private record Reader(Consumer<KernelInfo> reader) implements CustomOp {
        @Override
        public String name() {
            return "Hook";
        }

        @Override
        public List<CustomOpParameter> inputs() {
            return List.of(CustomOpParameter.required(DataType.F32));
        }

        @Override
        public List<CustomOpParameter> outputs() {
            return List.of(CustomOpParameter.required(DataType.F32));
        }

        @Override
        public CustomOpKernel create(KernelInfo info) {
            reader.accept(info);
            return _ -> {};
        }
    }

    /// Adds how often its node has run.
    private record Stateful(AtomicInteger made, AtomicInteger closed) implements CustomOp {
        @Override
        public String name() {
            return "Hook";
        }

        @Override
        public List<CustomOpParameter> inputs() {
            return List.of(CustomOpParameter.required(DataType.F32));
        }

        @Override
        public List<CustomOpParameter> outputs() {
            return List.of(CustomOpParameter.required(DataType.F32));
        }

        @Override
        public CustomOpKernel create(KernelInfo info) {
            made.incrementAndGet();
            return new CustomOpKernel() {
                private int runs;

                @Override
                public void compute(KernelContext context) {
                    runs++;
                    var x = context.input(0);
                    var y = context.output(0, DataType.F32, context.shape(0));
                    for (long i = 0; i < context.elements(0); i++) {
                        var layout = JAVA_FLOAT;
                        y.setAtIndex(layout, i, x.getAtIndex(layout, i) + runs);
                    }
                }

                @Override
                public void close() {
                    closed.incrementAndGet();
                }
            };
        }
    }

    @SuppressWarnings("InfiniteRecursion") // is what is tested
    private static int deep(int depth) {
        return deep(depth + 1) + 1;
    }

    /// Throws errors and exceptions alike.
    private static Exception sneak(Throwable t) {
        return switch (t) {
            case Error e -> throw e;
            case Exception e -> e;
            default -> new IllegalStateException(t);
        };
    }

    private static Session open(byte[] model, CustomOpDomain domain) {
        return Session.open(ENVIRONMENT, model, new SessionOptions().threads(2).customOps(domain));
    }

    private static float[] run(Session session, float... row) {
        try (var x = Graphs.floats(row, 1, 4);
                var y = session.run(Map.of("x", x)).getFirst()) {
            return Graphs.floats(y);
        }
    }
}
