package io.dipper.onnxgraph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class GraphBuilderTest {
    @Test
    void aGraphPrintsAsItsCanonicalText() {
        assertThat(GraphText.print(demo())).isEqualTo("""
                graph demo
                opset "" 23
                opset "io.dipper" 1
                input x: f32[T,4]
                input ids: i32[L]
                initializer layers.0.up: f32[4,6] = weights.bin @64 +96
                initializer const/i64:[2,4]: i64[2] = 0x02000000000000000400000000000000
                layers.0/MatMul: f32[T,6] = MatMul(x, layers.0.up)
                layers.0/Split:0: f32[T,2], layers.0/Split:1: f32[T,4] = Split(layers.0/MatMul, const/i64:[2,4]) {axis=-1} [layers.0/Split]
                layers.0/Scale: f32[T,4] = io.dipper:Scale(layers.0/Split:1, _) {factor=0.5, mode="soft", order=[1,0]}
                layers.0/Add: f32[T,4] = Add(layers.0/Scale, layers.0/Split:1)
                rows: f32[L,4] = Gather(layers.0/Add, ids) {axis=0} [Gather]
                output rows: f32[L,4]
                """);
    }

    @Test
    void equalGraphsHaveEqualBytes() {
        assertThat(demo()).isEqualTo(demo());
        assertThat(OnnxModel.bytes(demo())).isEqualTo(OnnxModel.bytes(demo()));
    }

    @Test
    void namesInOneScopeDoNotDependOnOtherScopes() {
        var builder = new GraphBuilder("names");
        var x = builder.input("x", ElementType.F32, "T", 4);
        builder.scope("layers.0").add(x, x);
        builder.scope("layers.0").add(x, x);
        assertThat(builder.scope("layers.0").add(x, x).name()).isEqualTo("layers.0/Add_3");
        assertThat(builder.scope("layers.1").scope("attn").add(x, x).name()).isEqualTo("layers.1.attn/Add");
    }

    @Test
    void anInputOrAValueThatIsAnOutputTwiceGoesThroughAnIdentity() {
        var builder = new GraphBuilder("twice");
        var x = builder.input("x", ElementType.F32, 2);
        var sum = builder.add(x, x);
        builder.output("a", sum);
        builder.output("b", sum);
        builder.output("c", x);
        assertThat(GraphText.print(builder.build())).isEqualTo("""
                graph twice
                opset "" 23
                input x: f32[2]
                a: f32[2] = Add(x, x) [Add]
                b: f32[2] = Identity(a) [output/b]
                c: f32[2] = Identity(x) [output/c]
                output a: f32[2]
                output b: f32[2]
                output c: f32[2]
                """);
    }

    @Test
    void equalConstantsAreOneInitializer() {
        var builder = new GraphBuilder("constants");
        assertThat(builder.constant(1, 2)).isEqualTo(builder.constant(1, 2));
        assertThat(builder.scalar(0.5f)).isEqualTo(builder.scalar(0.5f));
        assertThat(builder.scalar(1L)).isNotEqualTo(builder.constant(1L));
    }

    @Test
    void shapesThatCannotMeetAreRefusedWhereTheNodeIsMade() {
        var builder = new GraphBuilder("shapes");
        var x = builder.input("x", ElementType.F32, "T", 4);
        var y = builder.input("y", ElementType.F32, "T", 5);
        assertThatThrownBy(() -> builder.add(x, y)).hasMessage("Add of [T,4] and [T,5]");
        assertThatThrownBy(() -> builder.matMul(x, builder.transpose(y, 1, 0))).hasMessage("MatMul of [T,4] and [5,T]");
        assertThatThrownBy(() -> builder.split(x, 1, 1, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.slice(x, 1, 2, 5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.reshape(x, "A", "B")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void operatorsKnowTheShapeOfWhatTheyMake() {
        var builder = new GraphBuilder("types");
        var x = builder.input("x", ElementType.F32, "T", 4);
        var w = builder.input("w", ElementType.F32, 6, 4);
        assertThat(builder.gemmTransposed(x, w, Value.ABSENT).type()).hasToString("f32[T,6]");
        assertThat(builder.concat(-1, x, x).type()).hasToString("f32[T,8]");
        assertThat(builder.concat(0, x, w).type()).hasToString("f32[?,4]");
        assertThat(builder.transpose(x, 1, 0).type()).hasToString("f32[4,T]");
        assertThat(builder.unsqueeze(x, -1).type()).hasToString("f32[T,4,1]");
        assertThat(builder.squeeze(builder.unsqueeze(x, 0), 0).type()).hasToString("f32[T,4]");
        assertThat(builder.argMax(x, -1).type()).hasToString("i64[T]");
        assertThat(builder.topK(x, -1, 2).getLast().type()).hasToString("i64[T,2]");
        assertThat(builder.reduceMean(x, -1).type()).hasToString("f32[T,1]");
        assertThat(builder.cast(x, ElementType.BF16).type()).hasToString("bf16[T,4]");
        assertThat(builder.reshape(x, "T", 2, 2).type()).hasToString("f32[T,2,2]");
        assertThat(builder.less(x, builder.scalar(1f)).type()).hasToString("bool[T,4]");
    }

    @Test
    void anInitializerMustHaveTheBytesOfItsType() {
        var type = TensorType.of(ElementType.BF16, 3, 5);
        assertThatThrownBy(() -> new Initializer.External("w", type, "weights.bin", 0, 29))
                .hasMessage("initializer w: bf16[3,5] takes 30 bytes, given 29");
        assertThatThrownBy(() -> new Initializer.External("w", TensorType.of(ElementType.F32, "T"), "f", 0, 4))
                .hasMessageContaining("fixed shape");
    }

    private static Graph demo() {
        var builder = new GraphBuilder("demo").opset("io.dipper", 1);
        var x = builder.input("x", ElementType.F32, "T", 4);
        var ids = builder.input("ids", ElementType.I32, "L");
        var layer = builder.scope("layers.0");
        var weight = layer.external(layer.path("up"), TensorType.of(ElementType.F32, 4, 6), "weights.bin", 64, 96);
        var parts = layer.split(layer.matMul(x, weight), -1, 2, 4);
        var scaled = layer.node(
                        "io.dipper",
                        "Scale",
                        List.of(parts.get(1), Value.ABSENT),
                        List.of(
                                Attribute.ints("order", 1, 0),
                                Attribute.of("mode", "soft"),
                                Attribute.of("factor", 0.5f)),
                        List.of(parts.get(1).type()))
                .getFirst();
        builder.output("rows", builder.gather(layer.add(scaled, parts.get(1)), ids, 0));
        return builder.build();
    }

    @Test
    void aBodySeesTheGraphAroundItAndHidesNoneOfItsNames() {
        var graph = new GraphBuilder("outer");
        var x = graph.input("x", ElementType.F32, "T");
        var doubled = graph.add(x, x);
        var body = graph.scope("layer").body("turn");
        var number = body.input("number", ElementType.I64);
        var more = body.input("more", ElementType.BOOL);
        var sum = body.input("sum", ElementType.F32, "T");
        body.output("goes_on", more);
        body.output("total", body.add(body.add(sum, doubled), body.cast(number, ElementType.F32)));
        var turned = graph.node(
                "",
                "Loop",
                List.of(graph.scalar(3L), Value.ABSENT, x),
                List.of(Attribute.of("body", body.build())),
                List.of(x.type()));
        graph.output("doubled", doubled);
        graph.output("y", turned.getFirst());
        assertThat(GraphText.print(graph.build())).isEqualTo("""
                graph outer
                opset "" 23
                input x: f32[T]
                initializer const/i64:3: i64[] = 0x0300000000000000
                doubled: f32[T] = Add(x, x) [Add]
                y: f32[T] = Loop(const/i64:3, _, x) {body=layer/turn} [Loop]
                    graph layer/turn
                    input layer/turn/number: i64[]
                    input layer/turn/more: bool[]
                    input layer/turn/sum: f32[T]
                    layer/turn/Add: f32[T] = Add(layer/turn/sum, doubled)
                    layer/turn/Cast: f32[] = Cast(layer/turn/number) {to=1}
                    layer/turn/total: f32[T] = Add(layer/turn/Add, layer/turn/Cast) [layer/turn/Add_2]
                    layer/turn/goes_on: bool[] = Identity(layer/turn/more) [output/layer/turn/goes_on]
                    output layer/turn/goes_on: bool[]
                    output layer/turn/total: f32[T]
                output doubled: f32[T]
                output y: f32[T]
                """);
    }

    @Test
    void aBodyThatReadsWhatIsNotThereIsFound() {
        var graph = new GraphBuilder("outer");
        var x = graph.input("x", ElementType.F32, "T");
        var body = graph.body("turn");
        body.output("y", body.add(x, new Value("nowhere", x.type())));
        graph.output(
                "y",
                graph.node("", "If", List.of(x), List.of(Attribute.of("then_branch", body.build())), List.of(x.type()))
                        .getFirst());
        assertThatThrownBy(graph::build).hasMessageContaining("nowhere used before it is defined");
    }
}
