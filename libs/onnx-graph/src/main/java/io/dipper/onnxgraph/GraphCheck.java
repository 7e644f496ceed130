package io.dipper.onnxgraph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Tells all that is wrong with a graph, in one report: names defined once and before use, unique
/// node names, types that agree between definition and use, known operator sets, outputs that
/// exist.
public final class GraphCheck {
    /// What is wrong, and where: the name of a node, an input, an output or an initializer.
    public record Finding(String where, String what) {
        @Override
        public String toString() {
            return where + ": " + what;
        }
    }

    private final Graph graph;
    private final Set<String> opsets;
    private final Map<String, TensorType> defined = new HashMap<>();
    private final Set<String> inputs = new HashSet<>();
    private final List<Finding> findings = new ArrayList<>();

    private GraphCheck(Graph graph) {
        this.graph = graph;
        this.opsets = graph.opsets().keySet();
    }

    /// Of a graph inside a node, which sees what is defined around it by then.
    private GraphCheck(Graph body, GraphCheck around) {
        this.graph = body;
        defined.putAll(around.defined);
        this.opsets = around.opsets;
    }

    /// All findings, in the order of the graph; none if it is well-formed.
    public static List<Finding> check(Graph graph) {
        var check = new GraphCheck(graph);
        check.run();
        return List.copyOf(check.findings);
    }

    /// The graph itself, or an exception with every finding, one a line.
    public static Graph require(Graph graph) {
        var findings = check(graph);
        if (!findings.isEmpty()) {
            var report = new StringBuilder("graph " + graph.name() + " is ill-formed:");
            findings.forEach(finding -> report.append("\n  ").append(finding));
            throw new IllegalStateException(report.toString());
        }
        return graph;
    }

    private void run() {
        for (var input : graph.inputs()) {
            define(input.name(), input);
            inputs.add(input.name());
        }
        graph.initializers().forEach(initializer -> define(initializer.name(), initializer.value()));
        var names = new HashSet<String>();
        for (var node : graph.nodes()) {
            if (!names.add(node.name())) {
                find(node.name(), "node name used twice");
            }
            checkNode(node);
        }
        if (graph.outputs().isEmpty()) {
            find(graph.name(), "no outputs");
        }
        var outputs = new HashSet<String>();
        for (var output : graph.outputs()) {
            use(output.name(), output);
            if (!outputs.add(output.name())) {
                find(output.name(), "output listed twice");
            }
            if (inputs.contains(output.name())) {
                find(output.name(), "output is an input");
            }
        }
    }

    private void checkNode(Node node) {
        if (!opsets.contains(node.domain())) {
            find(node.name(), "operator set \"" + node.domain() + "\" is not imported");
        }
        node.inputs().stream().filter(input -> !input.isAbsent()).forEach(input -> use(node.name(), input));
        if (node.outputs().stream().allMatch(Value::isAbsent)) {
            find(node.name(), "no outputs");
        }
        node.outputs().stream().filter(output -> !output.isAbsent()).forEach(output -> define(node.name(), output));
        var attributes = new HashSet<String>();
        for (var attribute : node.attributes()) {
            if (!attributes.add(attribute.name())) {
                find(node.name(), "attribute " + attribute.name() + " given twice");
            }
            if (attribute instanceof Attribute.Body body) {
                var inside = new GraphCheck(body.value(), this);
                inside.run();
                findings.addAll(inside.findings);
            }
        }
    }

    private void define(String where, Value value) {
        if (value.isAbsent()) {
            find(where, "value without a name");
        } else if (defined.putIfAbsent(value.name(), value.type()) != null) {
            find(where, value.name() + " defined twice");
        }
    }

    private void use(String where, Value value) {
        var type = defined.get(value.name());
        if (type == null) {
            find(where, value.name() + " used before it is defined, or never defined");
        } else if (!type.equals(value.type())) {
            find(where, value.name() + " used as " + value.type() + " but defined as " + type);
        }
    }

    private void find(String where, String what) {
        findings.add(new Finding(where, what));
    }
}
