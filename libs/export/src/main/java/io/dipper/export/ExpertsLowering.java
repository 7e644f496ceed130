package io.dipper.export;

import io.dipper.export.Operators.Routed;
import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Routed experts: the router's product, the choice, and one operator over all experts' matrices,
/// which lie one under the other.
final class ExpertsLowering {
    private final WeightLayout weights;
    private final FeedForwardLowering parts;

    ExpertsLowering(WeightLayout weights, FeedForwardLowering parts) {
        this.weights = weights;
        this.parts = parts;
    }

    Value lower(Experts experts, String path, Value x, Operators at) {
        Router router = experts.router();
        Value logits = at.linear(x, weights.take(path + "router"), weights.takeIfThere(path + "router.bias"));
        Routed routed =
                at.route(logits, weights.takeIfThere(path + "router.correction"), router.used(), attributes(router));
        List<Attribute> attributes = new ArrayList<>(FeedForwardLowering.gate(experts.expert()));
        attributes.add(Attribute.of("weighs_input", router.side() == Router.Side.INPUT ? 1 : 0));
        List<Value> inputs = new ArrayList<>(List.of(x, routed.experts(), routed.weights()));
        inputs.add(ofAll(router, path, "gate_up", "", "gate", "up"));
        inputs.add(ofAll(router, path, "down", "", "down"));
        if (experts.expert().biased()) {
            inputs.add(ofAll(router, path, "gate_up", ".bias", "gate", "up"));
            inputs.add(ofAll(router, path, "down", ".bias", "down"));
        }
        Value chosen = at.experts(inputs, attributes);
        return experts.shared()
                .map(shared -> withShared(shared, chosen, path + "shared.", x, at))
                .orElse(chosen);
    }

    private Value withShared(Experts.Shared shared, Value chosen, String path, Value x, Operators at) {
        var graph = at.graph();
        Value passed = parts.gated(shared.expert(), path, x, at);
        passed = switch (shared.gate()) {
            case NONE -> passed;
            case SIGMOID -> {
                Value opening = at.linear(x, weights.take(path + "switch"), Value.ABSENT);
                yield graph.mul(passed, graph.sigmoid(opening));
            }
        };
        Value sum = graph.add(chosen, passed);
        return shared.scale() == 1 ? sum : graph.mul(sum, graph.scalar((float) shared.scale()));
    }

    /// The rows of every expert's weights of these names, expert after expert.
    private Value ofAll(Router router, String path, String name, String suffix, String... parts) {
        String[] paths = IntStream.range(0, router.experts())
                .boxed()
                .flatMap(expert -> Stream.of(parts).map(part -> path + "experts." + expert + "." + part + suffix))
                .toArray(String[]::new);
        return weights.stack(path + "experts." + name + suffix, paths);
    }

    private static List<Attribute> attributes(Router router) {
        List<Attribute> attributes = new ArrayList<>();
        attributes.add(Attribute.of("used", router.used()));
        attributes.add(Attribute.of(
                "score",
                switch (router.score()) {
                    case SOFTMAX -> "softmax";
                    case SOFTMAX_OF_CHOSEN -> "softmax_of_chosen";
                    case SIGMOID -> "sigmoid";
                }));
        if (router.groups().count() > 1) {
            attributes.add(Attribute.of("groups", router.groups().count()));
            attributes.add(Attribute.of("chosen_groups", router.groups().chosen()));
            attributes.add(Attribute.of(
                    "rank_by_two",
                    switch (router.groups().rank()) {
                        case BEST_SCORE -> 0;
                        case SUM_OF_TWO_BEST -> 1;
                    }));
        }
        attributes.add(Attribute.of(
                "normalised",
                switch (router.weights()) {
                    case AS_SCORED -> 0;
                    case SUM_TO_ONE -> 1;
                }));
        attributes.add(Attribute.of("scaling", (float) router.scaling()));
        router.softcap().ifPresent(cap -> attributes.add(Attribute.of("softcap", (float) cap)));
        return attributes;
    }
}
