package io.dipper.export;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Nodes that our CUDA kernels do not cover, for which stock operators stand in: heads wider than a warp keeps in its
/// registers, residual streams wider than a block does, or more of them than there are kernels for. All nodes on one
/// pool have one form, since the forms lay blocks out differently.
final class CardCoverage {
    /// As the operators' `GeneralAttention` and `PlainLatent` have them.
    private static final long MOST_VALUE_DIM = 512;

    private static final long MOST_LATENT_DIM = 512;

    /// As the operators' `CudaStreams` has them.
    private static final long MOST_STREAMS = 4;

    private static final long MOST_STREAM_WIDTH = 4096;

    private static final Map<String, Integer> POOL_INPUT = Map.of("PagedAttention", 3, "LatentAttention", 2);

    private CardCoverage() {}

    /// Of the graph's nodes those that need another form.
    static Predicate<Node> lacking(Graph graph) {
        Set<String> pools = graph.nodes().stream()
                .filter(CardCoverage::isTooWide)
                .map(node -> pool(node).name())
                .collect(Collectors.toSet());
        return node -> (isAttention(node) && pools.contains(pool(node).name())) || hasTooLargeStreams(node);
    }

    private static boolean hasTooLargeStreams(Node node) {
        if (!node.domain().equals(Operators.DOMAIN)) {
            return false;
        }
        return switch (node.op()) {
            case "AltUpSpread", "AltUpPredict", "AltUpCorrect" ->
                size(all(node), 1) > MOST_STREAMS || size(all(node), 2) > MOST_STREAM_WIDTH;
            case "AltUpMean" -> node.inputs().size() > MOST_STREAMS || size(all(node), 1) > MOST_STREAM_WIDTH;
            case "LaurelJoin" -> size(all(node), 1) > MOST_STREAM_WIDTH;
            default -> false;
        };
    }

    /// The streams, or the row, that a node makes.
    private static Value all(Node node) {
        return node.outputs().getFirst();
    }

    private static long size(Value value, int dimension) {
        return ((Dimension.Fixed) value.shape().get(dimension)).size();
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
