package io.dipper.export;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.StandardOps.GeluForm;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.tree.Activation;
import io.dipper.transformer.tree.Dense;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.Gated;
import java.util.ArrayList;
import java.util.List;

/// Feed-forward parts as products around their nonlinearity.
final class FeedForwardLowering {
    private final WeightLayout weights;
    private final ExpertsLowering experts;

    FeedForwardLowering(WeightLayout weights) {
        this.weights = weights;
        this.experts = new ExpertsLowering(weights, this);
    }

    Value lower(FeedForward part, String path, Value x, Operators at) {
        return switch (part) {
            case Gated gated -> gated(gated, path, x, at);
            case Dense dense -> {
                Value inner = linear(path + "up", x, at);
                yield linear(path + "down", activation(dense.activation(), inner, at.graph()), at);
            }
            case Experts routed -> experts.lower(routed, path, x, at);
        };
    }

    Value gated(Gated gated, String path, Value x, Operators at) {
        Value both = at.linear(
                x,
                weights.stack(path + "gate_up", path + "gate", path + "up"),
                weights.stackIfThere(path + "gate_up.bias", path + "gate.bias", path + "up.bias"));
        Value inner = at.gatedActivation(both, gated.intermediate(), gate(gated));
        return linear(path + "down", inner, at);
    }

    /// What joins the two halves.
    static List<Attribute> gate(Gated gated) {
        List<Attribute> attributes = new ArrayList<>(List.of(activation(gated.activation())));
        gated.clamp().ifPresent(clamp -> {
            attributes.add(Attribute.of("clamp_limit", (float) clamp.limit()));
            attributes.add(Attribute.of("clamp_alpha", (float) clamp.alpha()));
        });
        gated.sparsity()
                .ifPresent(share -> attributes.add(
                        Attribute.of("cut_deviations", (float) NormalDistribution.quantile((float) share))));
        return attributes;
    }

    private Value linear(String path, Value x, Operators at) {
        return at.linear(x, weights.take(path), weights.takeIfThere(path + ".bias"));
    }

    /// As operators of ours are told it.
    static Attribute activation(Activation activation) {
        return Attribute.of(
                "activation",
                switch (activation) {
                    case SILU -> "silu";
                    case GELU -> "gelu";
                    case GELU_TANH -> "gelu_tanh";
                    case RELU -> "relu";
                    case RELU_SQUARED -> "relu_squared";
                });
    }

    private static Value activation(Activation activation, Value x, GraphBuilder graph) {
        return switch (activation) {
            case SILU -> graph.silu(x);
            case GELU -> graph.gelu(x, GeluForm.EXACT);
            case GELU_TANH -> graph.gelu(x, GeluForm.TANH);
            case RELU -> graph.relu(x);
            case RELU_SQUARED -> {
                Value positive = graph.relu(x);
                yield graph.mul(positive, positive);
            }
        };
    }
}
