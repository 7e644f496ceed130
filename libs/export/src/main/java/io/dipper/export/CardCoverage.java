package io.dipper.export;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Nodes that our CUDA kernels do not cover, for which stock operators stand in: heads wider than a warp keeps in its
/// registers. All nodes on one pool have one form, since the forms lay blocks out differently.
final class CardCoverage {
    /// As the operators' `GeneralAttention` and `PlainLatent` have them.
    private static final long MOST_VALUE_DIM = 512;

    private static final long MOST_LATENT_DIM = 512;

    private static final Map<String, Integer> POOL_INPUT = Map.of("PagedAttention", 3, "LatentAttention", 2);

    private CardCoverage() {}

    /// Of the graph's nodes those that need another form.
    static Predicate<Node> lacking(Graph graph) {
        Set<String> pools = graph.nodes().stream()
                .filter(CardCoverage::isTooWide)
                .map(node -> pool(node).name())
                .collect(Collectors.toSet());
        return node -> isAttention(node) && pools.contains(pool(node).name());
    }

    private static boolean isTooWide(Node node) {
        return isAttention(node)
                && (integer(node, "value_dim") > MOST_VALUE_DIM || integer(node, "latent_dim") > MOST_LATENT_DIM);
    }

    private static boolean isAttention(Node node) {
        return node.domain().equals(Operators.DOMAIN) && POOL_INPUT.containsKey(node.op());
    }

    private static Value pool(Node node) {
        return node.inputs().get(POOL_INPUT.getOrDefault(node.op(), 0));
    }

    private static long integer(Node node, String name) {
        return node.attributes().stream()
                .filter(attribute -> attribute.name().equals(name))
                .mapToLong(attribute -> ((Attribute.Int) attribute).value())
                .findFirst()
                .orElse(0);
    }
}
