package io.dipper.export.stock;

import io.dipper.onnxgraph.Value;
import java.util.List;

/// RMS norms, and the sums beside them.
final class Norms {
    private Norms() {}

    static List<Value> norm(Site at) {
        return List.of(of(at, at.input(0), at.input(1)));
    }

    static List<Value> addNorm(Site at) {
        Value sum = at.graph().add(at.input(0), at.input(1));
        return List.of(of(at, sum, at.input(2)), sum);
    }

    static List<Value> normAdd(Site at) {
        return List.of(at.graph().add(of(at, at.input(0), at.input(1)), at.input(2)));
    }

    /// With the epsilon of the node.
    static Value of(Site at, Value x, Value weight) {
        return at.graph().rmsNormalization(x, weight, at.decimal("epsilon", 0));
    }
}
