package io.dipper.onnxgraph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GraphCheckTest {
    private static final Value X = new Value("x", TensorType.of(ElementType.F32, "T"));
    private static final Value Y = new Value("y", TensorType.of(ElementType.F32, "T"));
    private static final Value Z = new Value("z", TensorType.of(ElementType.F32, "T"));

    @Test
    void aWellFormedGraphHasNoFindings() {
        assertThat(GraphCheck.check(graph(List.of(X), List.of(relu("n", X, Y)), List.of(Y))))
                .isEmpty();
    }

    @Test
    void oneReportTellsEverything() {
        var wide = new Value("x", TensorType.of(ElementType.I64, "T"));
        var nodes = List.of(
                relu("a", Z, Y),
                relu("a", wide, Y),
                new Node("b", "other", "Op", List.of(X, Value.ABSENT), List.of(), List.of()),
                new Node(
                        "c",
                        "",
                        "Op",
                        List.of(X),
                        List.of(Z),
                        List.of(Attribute.of("axis", 1), Attribute.of("axis", 2f))));
        var missing = new Value("missing", X.type());
        var findings = GraphCheck.check(graph(List.of(X, X), nodes, List.of(X, missing, Z, Z)));
        assertThat(findings)
                .map(GraphCheck.Finding::toString)
                .containsExactly(
                        "x: x defined twice",
                        "a: z used before it is defined, or never defined",
                        "a: node name used twice",
                        "a: x used as i64[T] but defined as f32[T]",
                        "a: y defined twice",
                        "b: operator set \"other\" is not imported",
                        "b: no outputs",
                        "c: attribute axis given twice",
                        "x: output is an input",
                        "missing: missing used before it is defined, or never defined",
                        "z: output listed twice");
    }

    @Test
    void requireThrowsTheWholeReport() {
        var graph = graph(List.of(X), List.of(relu("n", Z, Y)), List.of());
        assertThatThrownBy(() -> GraphCheck.require(graph))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("""
                        graph g is ill-formed:
                          n: z used before it is defined, or never defined
                          g: no outputs""");
    }

    private static Node relu(String name, Value in, Value out) {
        return new Node(name, "", "Relu", List.of(in), List.of(out), List.of());
    }

    private static Graph graph(List<Value> inputs, List<Node> nodes, List<Value> outputs) {
        return new Graph("g", new TreeMap<>(Map.of("", 23)), inputs, List.of(), nodes, outputs);
    }
}
