package io.dipper.export;

import io.dipper.export.Operators.Rotation;
import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.Scoring.Temperature;
import java.util.HashMap;
import java.util.Map;

/// What follows from positions alone: one table a kind of rotation and one column a kind of
/// temperature, whatever the number of layers that use it.
final class Rotations {
    private final Operators operators;
    private final Value positions;
    private final Map<Rope, Rotation> tables = new HashMap<>();
    private final Map<Temperature.Floors, Value> temperatures = new HashMap<>();

    Rotations(Operators operators, Value positions) {
        this.operators = operators;
        this.positions = positions;
    }

    Rotation of(Positions kind) {
        return switch (kind) {
            case Positions.None _ -> Rotation.NONE;
            case Rope rope ->
                tables.computeIfAbsent(
                        rope,
                        _ -> operators.ropeTable(
                                positions, operators.graph().constant(RopeFrequencies.of(rope)), (float)
                                        rope.scaling().attentionFactor()));
        };
    }

    static Attribute pairing(Rope rope) {
        return Attribute.of(
                "rope_pairing",
                switch (rope.pairing()) {
                    case HALF_SPLIT -> "half";
                    case INTERLEAVED -> "interleaved";
                });
    }

    /// Factors of the tokens' queries, a column [T, 1].
    Value of(Temperature.Floors temperature) {
        return temperatures.computeIfAbsent(temperature, _ -> {
            GraphBuilder graph = operators.graph();
            Value one = graph.scalar(1f);
            Value reached = graph.add(graph.cast(positions, ElementType.F32), one);
            Value floors = graph.floor(graph.div(reached, graph.scalar((float) temperature.floor())));
            Value grown = graph.mul(graph.log(graph.add(floors, one)), graph.scalar((float) temperature.coefficient()));
            return graph.unsqueeze(graph.add(grown, one), 1);
        });
    }
}
