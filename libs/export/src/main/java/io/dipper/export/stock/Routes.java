package io.dipper.export.stock;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import java.util.List;
import java.util.stream.LongStream;

/// `Route`: scores, the best groups where there are any, the best experts of those, and their weights.
final class Routes {
    private Routes() {}

    static List<Value> route(Site at) {
        GraphBuilder graph = at.graph();
        Value scores = scores(at, graph);
        Value claims = at.has(1) ? graph.add(scores, at.input(1)) : scores;
        if (at.integer("groups", 1) > 1) {
            claims = ofBestGroups(at, graph, claims);
        }
        Value experts = graph.topK(claims, 1, at.integer("used")).getLast();
        Value chosen = graph.node(
                "GatherElements",
                List.of(scores, experts),
                scores.type().withShape(experts.shape()),
                Attribute.of("axis", 1));
        Value weights = chosen;
        if (at.text("score", "").equals("softmax_of_chosen")) {
            weights = graph.softmax(chosen, 1);
        } else if (at.integer("normalised") == 1) {
            weights = graph.div(chosen, graph.reduceSum(chosen, 1));
        }
        float scaling = at.decimal("scaling", 1);
        return List.of(
                graph.cast(experts, ElementType.I32),
                scaling == 1 ? weights : graph.mul(weights, graph.scalar(scaling)));
    }

    private static Value scores(Site at, GraphBuilder graph) {
        Value logits = at.input(0);
        float softcap = at.decimal("softcap", 0);
        if (softcap > 0) {
            Value cap = graph.scalar(softcap);
            logits = graph.mul(graph.tanh(graph.div(logits, cap)), cap);
        }
        return switch (at.text("score", "")) {
            case "softmax" -> graph.softmax(logits, 1);
            case "sigmoid" -> graph.sigmoid(logits);
            default -> logits;
        };
    }

    /// Experts of other groups claim nothing.
    private static Value ofBestGroups(Site at, GraphBuilder graph, Value claims) {
        int groups = at.integer("groups", 1);
        Dimension tokens = claims.shape().get(0);
        long experts = ((Dimension.Fixed) claims.shape().get(1)).size();
        Value grouped = graph.reshape(claims, tokens, groups, experts / groups);
        Value ofGroup = at.integer("rank_by_two") == 1
                ? graph.reduceSum(graph.topK(grouped, 2, 2).getFirst(), 2)
                : Ops.reduceMax(graph, grouped, 2);
        Value best = graph.topK(graph.squeeze(ofGroup, 2), 1, at.integer("chosen_groups", 1))
                .getLast();
        Value group = graph.constant(LongStream.range(0, groups).toArray());
        // [T, chosen, 1] against [groups], then whether any of the chosen is it.
        Value same = graph.cast(graph.equal(graph.unsqueeze(best, 2), group), ElementType.F32);
        Value open = graph.transpose(Ops.reduceMax(graph, same, 1), 0, 2, 1);
        Value eligible = graph.less(graph.scalar(0.5f), open);
        Value kept = graph.where(eligible, grouped, graph.scalar(Float.NEGATIVE_INFINITY));
        return graph.reshape(kept, tokens, experts);
    }
}
