package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.dipper.operators.linear.ProjectionCall;
import io.dipper.operators.linear.ProjectionCall.Part;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// The kernels' structure `Product`, written anew for each launch.
final class ProductArguments {
    private static final int WEIGHTS = 24;
    private static final int BIASES = 56;
    private static final int OUTPUTS = 88;
    private static final int COLUMNS = 120;
    private static final int GROUPS = 136;
    private static final int K = 152;
    private static final int GATE = 176;
    private static final int BYTES = 192;
    private static final int MOST_PARTS = 4;

    private final MemorySegment segment = Arena.ofAuto().allocate(BYTES, 16);

    /// For [SlicedProduct]'s kernels.
    MemorySegment sliced(ProjectionCall call, Optional<CudaGate> gate, SlicedShape shape) {
        int groupRows = gate.isPresent() ? SlicedShape.TILE : 2 * SlicedShape.TILE;
        return of(call, call.x(), false, 0, gate, new ProductShape(groupRows, shape.most(), shape.clusters()), false);
    }

    /// @param x where the rows of x lie, in the type that the kernel takes
    /// @param half whether tiles have eight weight rows, not sixteen
    MemorySegment of(
            ProjectionCall call,
            long x,
            boolean normed,
            float epsilon,
            Optional<CudaGate> gate,
            ProductShape shape,
            boolean half) {
        segment.fill((byte) 0);
        segment.set(JAVA_LONG, 0, x);
        segment.set(JAVA_LONG, 8, normed ? call.norm() : 0);
        segment.set(JAVA_LONG, 16, call.residual());
        for (int i = 0; i < call.parts().size() && i < MOST_PARTS; i++) {
            Part part = call.parts().get(i);
            int n = gate.isPresent() ? part.n() / 2 : part.n();
            segment.set(JAVA_LONG, WEIGHTS + 8L * i, part.weight());
            segment.set(JAVA_LONG, BIASES + 8L * i, part.bias());
            segment.set(JAVA_LONG, OUTPUTS + 8L * i, part.y());
            segment.set(JAVA_INT, COLUMNS + 4L * i, n);
            segment.set(JAVA_INT, GROUPS + 4L * i, Math.ceilDiv(n, shape.groupRows()));
        }
        segment.set(JAVA_INT, K, call.k());
        segment.set(JAVA_INT, K + 4, call.rows());
        segment.set(JAVA_FLOAT, K + 8, epsilon);
        segment.set(JAVA_INT, K + 12, gate.isPresent() ? 1 : 0);
        segment.set(JAVA_INT, K + 16, shape.split());
        segment.set(JAVA_INT, K + 20, half ? 1 : 0);
        gate.ifPresent(of -> MemorySegment.copy(of.structure(), 0, segment, GATE, BYTES - GATE));
        return segment;
    }
}
