package io.dipper.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.StandardOps.GeluForm;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every operator of onnx-graph is loaded by ONNX Runtime, and gives what its documentation
/// promises.
class StandardOpsTest {
    private static final Environment ENVIRONMENT = Environment.silent();

    /// Applies one operator to `x` [N,4].
    interface Apply {
        Value to(GraphBuilder graph, Value x);
    }

    /// Operators, and what they make of 1, 2, 3, 4, in float32.
    private static Stream<Arguments> operators() {
        return Stream.of(
                row("add", (g, x) -> g.add(x, g.scalar(1f)), 2, 3, 4, 5),
                row("sub", (g, x) -> g.sub(x, g.scalar(1f)), 0, 1, 2, 3),
                row("mul", (g, x) -> g.mul(x, x), 1, 4, 9, 16),
                row("div", (g, x) -> g.div(x, g.scalar(2f)), 0.5f, 1, 1.5f, 2),
                row("pow", (g, x) -> g.pow(x, g.scalar(2f)), 1, 4, 9, 16),
                row("min", (g, x) -> g.min(x, g.scalar(2f)), 1, 2, 2, 2),
                row("max", (g, x) -> g.max(x, g.scalar(2f)), 2, 2, 3, 4),
                row("where", (g, x) -> g.where(g.less(x, g.scalar(3f)), x, g.neg(x)), 1, 2, -3, -4),
                row("equal", (g, x) -> g.cast(g.equal(x, g.scalar(3f)), ElementType.F32), 0, 0, 1, 0),
                row(
                        "greater or equal",
                        (g, x) -> g.cast(g.greaterOrEqual(x, g.scalar(3f)), ElementType.F32),
                        0,
                        0,
                        1,
                        1),
                row("abs", (g, x) -> g.abs(g.neg(x)), 1, 2, 3, 4),
                row("sqrt", (g, x) -> g.sqrt(g.mul(x, x)), 1, 2, 3, 4),
                row("exp log", (g, x) -> g.log(g.exp(x)), 1, 2, 3, 4),
                row("sin cos", (g, x) -> g.add(g.mul(g.sin(x), g.sin(x)), g.mul(g.cos(x), g.cos(x))), 1, 1, 1, 1),
                row("tanh", (g, x) -> g.tanh(x), 0.7615942f, 0.9640276f, 0.9950548f, 0.9993293f),
                row("sigmoid", (g, x) -> g.sigmoid(x), 0.7310586f, 0.880797f, 0.95257413f, 0.98201376f),
                row("silu", (g, x) -> g.silu(x), 0.7310586f, 1.761594f, 2.8577223f, 3.928055f),
                row("softplus", (g, x) -> g.softplus(x), 1.3132617f, 2.126928f, 3.0485873f, 4.01815f),
                row("relu", (g, x) -> g.relu(g.sub(x, g.scalar(2f))), 0, 0, 1, 2),
                row("gelu", (g, x) -> g.gelu(x, GeluForm.EXACT), 0.8413447f, 1.9544997f, 2.9959502f, 3.9998734f),
                row("gelu tanh", (g, x) -> g.gelu(x, GeluForm.TANH), 0.841192f, 1.9545977f, 2.9963627f, 3.99993f),
                row("identity", (g, x) -> g.identity(x), 1, 2, 3, 4),
                row("softmax", (g, x) -> g.softmax(x, -1), 0.0320586f, 0.08714432f, 0.23688284f, 0.6439143f),
                row("gather", (g, x) -> g.gather(x, g.constant(3, 0), 1), 4, 1),
                row("slice", (g, x) -> g.slice(x, -1, 1, 3), 2, 3),
                row("split", (g, x) -> g.split(x, 1, 1, 3).get(1), 2, 3, 4),
                row("concat", (g, x) -> g.concat(1, g.slice(x, 1, 0, 1), x), 1, 1, 2, 3, 4),
                row("reshape", (g, x) -> g.reshape(x, "N", 2, 2), 1, 2, 3, 4),
                row("transpose", (g, x) -> g.transpose(g.reshape(x, "N", 2, 2), 0, 2, 1), 1, 3, 2, 4),
                row("squeeze", (g, x) -> g.squeeze(g.unsqueeze(x, -1), 2), 1, 2, 3, 4),
                row("reduce mean", (g, x) -> g.reduceMean(x, -1), 2.5f),
                row("reduce sum", (g, x) -> g.reduceSum(x, -1), 10),
                row(
                        "gemm",
                        (g, x) -> g.gemmTransposed(
                                x,
                                g.reshape(g.constant(new float[] {1, 0, 0, 1, 1, 1, 1, 1}), 2, 4),
                                g.constant(new float[] {0, 5})),
                        5,
                        15),
                row(
                        "rms",
                        (g, x) -> g.rmsNormalization(x, ones(g), 0),
                        0.36514837f,
                        0.73029673f,
                        1.0954452f,
                        1.4605935f),
                row(
                        "layer norm",
                        (g, x) -> g.layerNormalization(x, ones(g), Value.ABSENT, 0),
                        -1.3416408f,
                        -0.4472136f,
                        0.4472136f,
                        1.3416408f),
                row("arg max", (g, x) -> g.cast(g.argMax(x, -1), ElementType.F32), 3),
                row("top k", (g, x) -> g.topK(x, -1, 2).getFirst(), 4, 3));
    }

    private static Arguments row(String name, Apply apply, float... expected) {
        return Arguments.of(name, apply, expected);
    }

    private static Value ones(GraphBuilder graph) {
        return graph.constant(new float[] {1, 1, 1, 1});
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("operators")
    void operatorsLoadAndGiveKnownAnswers(String name, Apply operator, float[] expected) {
        var builder = new GraphBuilder(name);
        builder.output("y", operator.to(builder, builder.input("x", ElementType.F32, "N", 4)));
        try (var x = Graphs.floats(new float[] {1, 2, 3, 4}, 1, 4)) {
            var answer = Probe.ask(
                    ENVIRONMENT,
                    OnnxModel.bytes(builder.build()),
                    new SessionOptions(),
                    Map.of("x", x),
                    expected,
                    2e-6f);
            assertThat(answer).isEqualTo(new Probe.Answer.Works());
        }
    }

    @Test
    void aProbeTellsWrongFromRefused() {
        var builder = new GraphBuilder("one");
        builder.output("y", builder.relu(builder.input("x", ElementType.F32, 1)));
        var model = OnnxModel.bytes(builder.build());
        var unknown = new GraphBuilder("unknown");
        unknown.output(
                "y",
                unknown.node(
                        "Nonsense",
                        List.of(unknown.input("x", ElementType.F32, 1)),
                        TensorType.of(ElementType.F32, 1)));
        try (var x = Graphs.floats(new float[] {1}, 1)) {
            var inputs = Map.of("x", x);
            var options = new SessionOptions();
            assertThat(Probe.ask(ENVIRONMENT, model, options, inputs, new float[] {3}, 0))
                    .isEqualTo(new Probe.Answer.Wrong(2));
            assertThat(Probe.ask(ENVIRONMENT, OnnxModel.bytes(unknown.build()), options, inputs, new float[] {1}, 0))
                    .isInstanceOfSatisfying(
                            Probe.Answer.Refused.class,
                            refused -> assertThat(refused.message()).contains("Nonsense"));
        }
    }
}
