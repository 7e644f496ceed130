package io.dipper.export.stock;

import static java.util.Map.entry;

import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.GraphCheck;
import io.dipper.onnxgraph.Initializer;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/// Replaces operators of ours by operators that ONNX and ONNX Runtime bring: the same function of the same inputs, for
/// others to run, and as a second opinion on our kernels.
///
/// What a pool of keys and values holds is written by ScatterND and comes out as another output of the graph,
/// `kv.0.next` for the input `kv.0`. Bound to the input's memory, it is written in place. Within a block, such a pool
/// keeps its tokens one after another, so a pool belongs to nodes of one form only.
public final class StockForms {
    static final String DOMAIN = "io.dipper";

    /// What follows a pool's name where its new contents come out.
    public static final String WRITTEN = ".next";

    private static final Map<String, Form> FORMS = Map.ofEntries(
            entry("Linear", Products::linear),
            entry("Projection", Products::projection),
            entry("RmsNorm", Norms::norm),
            entry("AddRmsNorm", Norms::addNorm),
            entry("NormAdd", Norms::normAdd),
            entry("GatedActivation", Gates::activation),
            entry("AltUpSpread", Streams::spread),
            entry("AltUpPredict", Streams::predict),
            entry("LaurelJoin", Streams::join),
            entry("AltUpCorrect", Streams::correct),
            entry("PerLayerGate", Gates::perLayer),
            entry("AltUpMean", Streams::mean),
            entry("HostRows", Tables::rows),
            entry("RopeTable", Tables::rotations),
            entry("PagedAttention", GroupedAttention::attend),
            entry("LatentAttention", LatentAttention::attend),
            entry("GatedDelta", GatedDelta::mix),
            entry("Route", Routes::route),
            entry("Experts", Experts::apply));

    private final Map<String, Value> values = new HashMap<>();
    private final TreeMap<String, Integer> replaced = new TreeMap<>();

    private StockForms() {}

    /// A graph, and how many nodes of which operators are no longer ours.
    public record Replaced(Graph graph, Map<String, Integer> stock) {
        public Replaced {
            stock = Map.copyOf(stock);
        }
    }

    /// How one operator is made of others.
    interface Form {
        /// A value for each output that is read; [Value#ABSENT] for others.
        List<Value> build(Site at);
    }

    /// Whether the operator has a form on stock operators. A stream of random numbers has none.
    public static boolean has(String op) {
        return FORMS.containsKey(op);
    }

    /// The graph with nodes replaced.
    ///
    /// @param wanted of our nodes those that are to be replaced; those without a form stay
    public static Replaced replace(Graph graph, Predicate<Node> wanted) {
        return new StockForms().run(graph, wanted);
    }

    private Replaced run(Graph graph, Predicate<Node> wanted) {
        Predicate<Node> chosen =
                node -> node.domain().equals(DOMAIN) && FORMS.containsKey(node.op()) && wanted.test(node);
        var builder = new GraphBuilder(graph.name());
        graph.opsets().forEach(builder::opset);
        var pools = Pools.declare(builder, graph, chosen);
        graph.initializers().forEach((Initializer initializer) -> builder.initializer(initializer));
        var step = new Step(builder.scope("stock"));
        for (Node node : graph.nodes()) {
            List<Value> inputs = node.inputs().stream().map(this::now).toList();
            if (chosen.test(node)) {
                Site site = new Site(builder.scope(node.name()), node, inputs, step, pools);
                List<Value> made = FORMS.get(node.op()).build(site);
                for (int i = 0; i < made.size(); i++) {
                    values.put(node.outputs().get(i).name(), made.get(i));
                }
                replaced.merge(node.op(), 1, Integer::sum);
            } else {
                builder.add(new Node(node.name(), node.domain(), node.op(), inputs, node.outputs(), node.attributes()));
            }
        }
        graph.outputs().forEach(output -> builder.output(output.name(), now(output)));
        pools.output(builder);
        return new Replaced(withoutOurs(builder.build()), replaced);
    }

    private Value now(Value before) {
        return values.getOrDefault(before.name(), before);
    }

    /// A graph without a node of ours does not name our domain: who has stock operators only can open it.
    private static Graph withoutOurs(Graph graph) {
        if (graph.nodes().stream().anyMatch(node -> node.domain().equals(DOMAIN))) {
            return graph;
        }
        var opsets = new TreeMap<>(graph.opsets());
        opsets.remove(DOMAIN);
        return GraphCheck.require(
                new Graph(graph.name(), opsets, graph.inputs(), graph.initializers(), graph.nodes(), graph.outputs()));
    }
}
