package io.dipper.export;

import io.dipper.checkpoint.StepMemory.Bytes;
import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import java.util.List;
import java.util.Optional;

/// What operators take of a card for the time of their own work, in steps of many tokens: those of few take
/// little. The formulas are those of the operators' CUDA forms, which must not take more.
final class CardScratch {
    /// What experts of many tokens take at once: longer steps go through them in slices.
    private static final long EXPERTS_SLICE_BYTES = 256L << 20;

    /// Heads of attention that share a tile, and the splits of a cluster.
    private static final int MOST_MEMBERS = 16;

    private static final int MOST_CLUSTER = 8;

    private CardScratch() {}

    /// Of the graph's nodes, each formula once.
    static List<Bytes> of(Graph graph) {
        return graph.nodes().stream()
                .filter(node -> node.domain().equals(Operators.DOMAIN))
                .map(CardScratch::of)
                .flatMap(Optional::stream)
                .distinct()
                .toList();
    }

    private static Optional<Bytes> of(Node node) {
        return switch (node.op()) {
            case "Linear" -> Optional.of(projection(node, 1));
            case "Projection" -> Optional.of(projection(node, 3));
            case "PagedAttention" -> Optional.of(attention(node));
            case "LatentAttention" -> Optional.of(latent(node));
            case "Experts" -> Optional.of(experts(node));
            case "GatedDelta" -> Optional.of(delta(node));
            default -> Optional.empty();
        };
    }

    /// Rows of x, rounded; where a gate follows, both halves of the product as well.
    private static Bytes projection(Node node, int weight) {
        Value x = node.inputs().getFirst();
        Value matrix = node.inputs().get(weight);
        long rounded = 2 * size(matrix, 1);
        long both = has(node, "activation") ? Float.BYTES * size(matrix, 0) : 0;
        return perRow(x, rounded + both);
    }

    /// Queries, rounded; and of rows of one token what the splits of their context put together.
    private static Bytes attention(Node node) {
        long heads = integer(node, "heads");
        long kvHeads = integer(node, "kv_heads");
        long group = heads / kvHeads;
        long members = Math.min(group, MOST_MEMBERS);
        long pairs = kvHeads * Math.ceilDiv(group, MOST_MEMBERS);
        long kept = members * (integer(node, "value_dim") + 2 * MOST_CLUSTER);
        return Bytes.perToken(2 * heads * integer(node, "head_dim"))
                .plus(Bytes.perSequence(Float.BYTES * pairs * kept));
    }

    /// Queries among the latents, their plain part, and what they mixed; all rounded where tensor cores take
    /// the dimensions.
    private static Bytes latent(Node node) {
        long latent = integer(node, "latent_dim");
        long values = latent + integer(node, "rotary_dim");
        long plain = integer(node, "plain_dim");
        boolean tiled = latent % 256 == 0 && values % 64 == 0 && plain % 8 == 0 && integer(node, "value_dim") % 8 == 0;
        long vector = tiled ? 2 * (values + plain + latent) : Float.BYTES * (values + latent);
        return Bytes.perToken(integer(node, "heads") * vector);
    }

    /// Outputs of each pair of token and expert, its row between the products, the tokens' rows rounded, and
    /// the pairs' order.
    private static Bytes experts(Node node) {
        long hidden = size(node.inputs().getFirst(), 1);
        long used = size(node.inputs().get(1), 1);
        Value down = node.inputs().get(4);
        long inner = size(down, 1);
        if (hidden % 8 != 0 || inner % 8 != 0) {
            return Bytes.perToken(Float.BYTES * used * inner);
        }
        long inputs = integer(node, "weighs_input") == 1 ? used : 1;
        long token = used * (4 * hidden + 2 * inner + 4) + 2 * inputs * hidden;
        long slice = EXPERTS_SLICE_BYTES / (used * (6 * hidden + 2 * inner));
        return new Bytes(token, 0, 0, Integer.BYTES * (size(down, 0) / hidden + 1), Math.clamp(slice, 1, 65_535));
    }

    /// What the convolution made of the channels of a token.
    private static Bytes delta(Node node) {
        long keys = integer(node, "key_heads") * integer(node, "key_dim");
        long values = integer(node, "value_heads") * integer(node, "value_dim");
        return Bytes.perToken(Float.BYTES * (2 * keys + values));
    }

    private static Bytes perRow(Value x, long bytes) {
        return x.shape().get(0).equals(new Dimension.Symbol("T")) ? Bytes.perToken(bytes) : Bytes.perDraw(bytes);
    }

    private static long size(Value value, int dimension) {
        return ((Dimension.Fixed) value.shape().get(dimension)).size();
    }

    private static boolean has(Node node, String attribute) {
        return node.attributes().stream().map(Attribute::name).anyMatch(attribute::equals);
    }

    private static long integer(Node node, String name) {
        return node.attributes().stream()
                .filter(attribute -> attribute.name().equals(name))
                .mapToLong(attribute -> ((Attribute.Int) attribute).value())
                .findFirst()
                .orElse(0);
    }
}
