package io.dipper.operators.cuda;

import io.dipper.operators.linear.ProjectionCall;
import java.util.Optional;

/// What one run of a projection is given, and what its node always says.
record ProjectionNode(ProjectionCall call, float epsilon, Optional<CudaGate> gate, Handover handover) {
    boolean isGated() {
        return gate.isPresent();
    }

    /// Of each part of y.
    int[] columns() {
        return call.parts().stream()
                .mapToInt(part -> isGated() ? part.n() / 2 : part.n())
                .toArray();
    }

    /// Whether x lies as bfloat16.
    boolean narrowX() {
        return handover.narrowX(call.rows(), call.k());
    }

    /// Whether y is to lie as bfloat16.
    boolean narrowY() {
        return handover.narrowY(call.rows(), columns()[0]);
    }
}
