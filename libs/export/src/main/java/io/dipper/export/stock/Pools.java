package io.dipper.export.stock;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Shape;
import io.dipper.onnxgraph.Value;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// The pools of keys, values and states that stock nodes write: inputs of the graph, what they hold by now, and
/// outputs.
final class Pools {
    private static final Map<String, Integer> INPUT_OF =
            Map.of("PagedAttention", 3, "LatentAttention", 2, "GatedDelta", 2);

    private final Map<String, Value> now = new LinkedHashMap<>();

    private Pools() {}

    /// Declares all inputs of the graph. A pool of tokens that stock nodes write is [B, tokens of a block, values].
    static Pools declare(GraphBuilder builder, Graph graph, Predicate<Node> stock) {
        Map<String, Integer> blockTokens = new HashMap<>();
        for (Node node : graph.nodes()) {
            pool(node).filter(_ -> stock.test(node)).ifPresent(pool -> blockTokens.put(pool.name(), tokens(node)));
        }
        for (Node node : graph.nodes()) {
            if (!stock.test(node)
                    && pool(node)
                            .map(Value::name)
                            .filter(blockTokens::containsKey)
                            .isPresent()) {
                throw new IllegalArgumentException(node.name() + " reads a pool that stock nodes write");
            }
        }
        var pools = new Pools();
        for (Value input : graph.inputs()) {
            Integer tokens = blockTokens.get(input.name());
            Shape shape = tokens == null || tokens == 0 ? input.shape() : byToken(input.shape(), tokens);
            Value declared = builder.input(
                    input.name(), input.element(), shape.dimensions().toArray());
            if (tokens != null) {
                pools.now.put(input.name(), declared);
            }
        }
        return pools;
    }

    private static Optional<Value> pool(Node node) {
        return node.domain().equals(StockForms.DOMAIN)
                ? Optional.ofNullable(INPUT_OF.get(node.op()))
                        .map(input -> node.inputs().get(input))
                : Optional.empty();
    }

    private static int tokens(Node node) {
        return node.attributes().stream()
                .filter(attribute -> attribute.name().equals("block_tokens"))
                .mapToInt(attribute -> (int) ((Attribute.Int) attribute).value())
                .findFirst()
                .orElse(0);
    }

    private static Shape byToken(Shape shape, int tokens) {
        long values = ((Dimension.Fixed) shape.get(1)).size();
        return Shape.of(shape.get(0), tokens, values / tokens);
    }

    /// What the pool of that name holds by now.
    Value now(Value input) {
        return now.get(input.name());
    }

    /// Writes rows into a pool.
    ///
    /// @param at [N, 2] block and token within it; [N, 1] the block of a state
    /// @return the pool from here on
    Value write(GraphBuilder graph, Value input, Value at, Value rows) {
        Value before = now(input);
        Value after = Ops.scatter(graph, before, at, rows);
        now.put(input.name(), after);
        return after;
    }

    void output(GraphBuilder builder) {
        now.forEach((name, value) -> builder.output(name + StockForms.WRITTEN, value));
    }
}
