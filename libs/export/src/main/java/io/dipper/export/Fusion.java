package io.dipper.export;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.GraphCheck;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Puts what stands around matrix products into them: the norm before, the gate and the residual after, and the
/// products of one value into one another. On a card a step of few tokens is as long as its weights take to be read, if
/// nothing else stands between two products.
///
/// Works on a finished graph, by what nodes are and who reads them, so that a design gains wherever the pattern occurs.
/// A fused node has the name of the product in it, and makes the values that the nodes before it made.
final class Fusion {
    private static final int MOST_WEIGHTS = 4;

    private final Graph graph;
    private List<Node> nodes;
    private Map<String, Node> makers = new HashMap<>();
    private Map<String, List<Node>> readers = new HashMap<>();

    private Fusion(Graph graph) {
        this.graph = graph;
        this.nodes = graph.nodes();
    }

    /// The same function of the same inputs, in fewer nodes.
    static Graph fuse(Graph graph) {
        var fusion = new Fusion(graph);
        fusion.each(fusion::gatheredOnce);
        fusion.each(fusion::sumApart);
        fusion.each(fusion::added);
        fusion.each(fusion::gated);
        fusion.joinProducts();
        fusion.each(fusion::normed);
        fusion.handOver();
        return GraphCheck.require(new Graph(
                graph.name(), graph.opsets(), graph.inputs(), graph.initializers(), fusion.nodes, graph.outputs()));
    }

    /// What takes a node's place, and nodes whose work it does as well; null leaves the node as it is.
    private record Change(List<Node> nodes, Collection<Node> gone) {
        static Change to(Node node, Node... gone) {
            return new Change(List.of(node), List.of(gone));
        }
    }

    @FunctionalInterface
    private interface Rule {
        @Nullable
        Change of(Node node);
    }

    /// Changes what the rule knows. What it sees is the graph before: rules look at different nodes.
    private void each(Rule rule) {
        look();
        Map<String, List<Node>> changed = new HashMap<>();
        Set<String> gone = new HashSet<>();
        for (Node node : nodes) {
            Change change = gone.contains(node.name()) ? null : rule.of(node);
            if (change != null) {
                changed.put(node.name(), change.nodes());
                change.gone().forEach(old -> gone.add(old.name()));
            }
        }
        nodes = nodes.stream()
                .filter(node -> !gone.contains(node.name()))
                .flatMap(node -> changed.getOrDefault(node.name(), List.of(node)).stream())
                .toList();
    }

    private void look() {
        makers = new HashMap<>();
        readers = new HashMap<>();
        for (Node node : nodes) {
            node.outputs().forEach(output -> makers.put(output.name(), node));
            node.inputs()
                    .forEach(input -> readers.computeIfAbsent(input.name(), _ -> new ArrayList<>())
                            .add(node));
        }
        // Who takes an output of the graph is a reader as well, though no node.
        graph.outputs()
                .forEach(output -> readers.computeIfAbsent(output.name(), _ -> new ArrayList<>())
                        .add(new Node("", "", "", List.of(), List.of(), List.of())));
    }

    /// A sum of gathered rows is gathered from the sum.
    private @Nullable Change gatheredOnce(Node node) {
        if (!isOurs(node, "AddRmsNorm")) {
            return null;
        }
        Node pending = onlyFor(node.inputs().get(0), "", "Gather");
        Node settled = onlyFor(node.inputs().get(1), "", "Gather");
        if (pending == null
                || settled == null
                || !pending.inputs().get(1).equals(settled.inputs().get(1))
                || !pending.attributes().equals(settled.attributes())
                || !pending.inputs()
                        .get(0)
                        .type()
                        .equals(settled.inputs().get(0).type())) {
            return null;
        }
        Value all = new Value(pending.name(), pending.inputs().get(0).type());
        Value sum = node.outputs().get(1);
        Node add = new Node(
                pending.name(),
                "",
                "Add",
                List.of(pending.inputs().get(0), settled.inputs().get(0)),
                List.of(all),
                List.of());
        Node gather = new Node(
                settled.name(),
                "",
                "Gather",
                List.of(all, settled.inputs().get(1)),
                List.of(sum),
                settled.attributes());
        return new Change(List.of(add, gather, normOf(node, sum)), List.of(pending, settled));
    }

    /// Sum and norm as two nodes, where either can go into a neighbour.
    private @Nullable Change sumApart(Node node) {
        if (!isOurs(node, "AddRmsNorm")
                || (addable(node.inputs().get(0)) == null
                        && addable(node.inputs().get(1)) == null)) {
            return null;
        }
        Value sum = node.outputs().get(1);
        Node add = new Node(sum.name(), "", "Add", node.inputs().subList(0, 2), List.of(sum), List.of());
        return new Change(List.of(add, normOf(node, sum)), List.of());
    }

    private static Node normOf(Node addNorm, Value sum) {
        return new Node(
                addNorm.name(),
                Operators.DOMAIN,
                "RmsNorm",
                List.of(sum, addNorm.inputs().get(2)),
                addNorm.outputs().subList(0, 1),
                addNorm.attributes());
    }

    /// A product or a norm that only the sum reads takes the other summand.
    private @Nullable Change added(Node node) {
        if (!node.domain().isEmpty() || !node.op().equals("Add")) {
            return null;
        }
        Value first = node.inputs().get(0);
        Value second = node.inputs().get(1);
        if (!first.type().equals(second.type())) {
            return null;
        }
        Node branch = addable(first);
        Value residual = second;
        if (branch == null || (!isLinear(branch) && isLinear(addable(second)))) {
            branch = addable(second);
            residual = first;
        }
        if (branch == null) {
            return null;
        }
        if (isLinear(branch)) {
            return Change.to(
                    ProjectionNode.of(branch).withResidual(residual).node(branch.name(), node.outputs()), branch);
        }
        List<Value> inputs = new ArrayList<>(branch.inputs());
        inputs.add(residual);
        return Change.to(
                new Node(branch.name(), Operators.DOMAIN, "NormAdd", inputs, node.outputs(), branch.attributes()),
                branch);
    }

    private @Nullable Node addable(Value value) {
        Node linear = onlyFor(value, Operators.DOMAIN, "Linear");
        return linear != null ? linear : onlyFor(value, Operators.DOMAIN, "RmsNorm");
    }

    private @Nullable Change gated(Node node) {
        if (!isOurs(node, "GatedActivation") || has(node, "cut_deviations")) {
            return null;
        }
        Node linear = onlyFor(node.inputs().getFirst(), Operators.DOMAIN, "Linear");
        return linear == null
                ? null
                : Change.to(
                        ProjectionNode.of(linear).with(node.attributes()).node(linear.name(), node.outputs()), linear);
    }

    /// All products left, those of the same value together.
    private void joinProducts() {
        look();
        Map<String, List<Node>> byInput = new LinkedHashMap<>();
        nodes.stream()
                .filter(Fusion::isLinear)
                .forEach(
                        node -> byInput.computeIfAbsent(node.inputs().getFirst().name(), _ -> new ArrayList<>())
                                .add(node));
        Map<String, List<Node>> changed = new HashMap<>();
        for (List<Node> linears : byInput.values()) {
            for (int from = 0; from < linears.size(); from += MOST_WEIGHTS) {
                List<Node> joined = linears.subList(from, Math.min(linears.size(), from + MOST_WEIGHTS));
                joined.forEach(node -> changed.put(node.name(), List.of()));
                // Weights are there before any node runs, so all can be done where the first stands.
                Node first = joined.getFirst();
                List<Value> outputs =
                        joined.stream().map(node -> node.outputs().getFirst()).toList();
                changed.put(first.name(), List.of(ProjectionNode.of(joined).node(first.name(), outputs)));
            }
        }
        nodes = nodes.stream()
                .flatMap(node -> changed.getOrDefault(node.name(), List.of(node)).stream())
                .toList();
    }

    /// A product of a norm that products alone read norms for itself: it rounds its rows anyway.
    private @Nullable Change normed(Node node) {
        if (!isOurs(node, "Projection")) {
            return null;
        }
        Node norm = makers.get(node.inputs().getFirst().name());
        if (norm == null || !isOurs(norm, "RmsNorm")) {
            return null;
        }
        Value normed = norm.outputs().getFirst();
        boolean onlyProjected = readers.get(normed.name()).stream()
                .allMatch(reader -> isOurs(reader, "Projection")
                        && reader.inputs().getFirst().equals(normed)
                        && reader.inputs().lastIndexOf(normed) == 0);
        return onlyProjected ? Change.to(ProjectionNode.withNorm(node, norm), norm) : null;
    }

    /// Values that one projection alone reads, which rounds them anyway, may be handed over as bfloat16; both sides
    /// must know, and know from the weight rows of the one that reads whether its kernel takes them so.
    private void handOver() {
        look();
        Map<String, Map<String, Long>> marks = new HashMap<>();
        for (Node maker : nodes) {
            Value value = maker.outputs().getFirst();
            List<Node> takers = readers.getOrDefault(value.name(), List.of());
            if (narrows(maker) && takers.size() == 1 && rounds(takers.getFirst(), value)) {
                Node taker = takers.getFirst();
                long weightRows = weightRows(taker);
                marks.computeIfAbsent(maker.name(), _ -> new LinkedHashMap<>()).put("narrow_y", weightRows);
                marks.computeIfAbsent(taker.name(), _ -> new LinkedHashMap<>()).put("narrow_x", weightRows);
            }
        }
        nodes = nodes.stream().map(node -> marked(node, marks)).toList();
    }

    private static long weightRows(Node projection) {
        return ProjectionNode.matrices(projection).stream()
                .map(matrix -> matrix.shape().get(0))
                .mapToLong(rows -> ((Dimension.Fixed) rows).size())
                .sum();
    }

    private static boolean narrows(Node node) {
        return isOurs(node, "PagedAttention") || (isOurs(node, "Projection") && has(node, "activation"));
    }

    private static boolean rounds(Node node, Value x) {
        return isOurs(node, "Projection")
                && node.inputs().get(0).equals(x)
                && node.inputs().lastIndexOf(x) == 0
                && node.inputs().get(1).isAbsent();
    }

    private static Node marked(Node node, Map<String, Map<String, Long>> marks) {
        if (!marks.containsKey(node.name())) {
            return node;
        }
        List<Attribute> attributes = new ArrayList<>(node.attributes());
        marks.get(node.name()).forEach((mark, weightRows) -> attributes.add(Attribute.of(mark, weightRows)));
        return new Node(node.name(), node.domain(), node.op(), node.inputs(), node.outputs(), attributes);
    }

    /// The node of this kind that makes the value, if nobody but one node reads it.
    private @Nullable Node onlyFor(Value value, String domain, String op) {
        Node maker = makers.get(value.name());
        boolean fits =
                maker != null && maker.domain().equals(domain) && maker.op().equals(op);
        return fits && readers.getOrDefault(value.name(), List.of()).size() == 1 ? maker : null;
    }

    private static boolean isLinear(@Nullable Node node) {
        return node != null && isOurs(node, "Linear");
    }

    private static boolean isOurs(Node node, String op) {
        return node.domain().equals(Operators.DOMAIN) && node.op().equals(op);
    }

    private static boolean has(Node node, String attribute) {
        return node.attributes().stream().map(Attribute::name).anyMatch(attribute::equals);
    }
}
