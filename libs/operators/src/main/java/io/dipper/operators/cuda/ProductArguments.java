package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.dipper.operators.linear.ProjectionCall;
import io.dipper.operators.linear.ProjectionCall.Part;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The kernels' structure `Product`, written anew for each launch.
final class ProductArguments {
    private static final int X = 0;
    private static final int NORM = 8;
    private static final int RESIDUAL = 16;
    private static final int WEIGHTS = 24;
    private static final int BIASES = 56;
    private static final int OUTPUTS = 88;
    private static final int COLUMNS = 120;
    private static final int GROUPS = 136;
    private static final int K = 152;
    private static final int GATE = 176;
    private static final int NARROW = 192;
    private static final int ROUNDED = 196;
    private static final int BYTES = 200;

    private final MemorySegment segment = Arena.ofAuto().allocate(BYTES, 16);

    /// For [SlicedProduct]'s kernels.
    MemorySegment sliced(ProjectionNode node, SlicedShape shape) {
        int groupRows = node.isGated() ? SlicedShape.TILE : 2 * SlicedShape.TILE;
        return of(node, new ProductShape(groupRows, shape.most(), shape.clusters()), false);
    }

    /// For rows that are normed already.
    ///
    /// @param rounded where they lie as bfloat16
    MemorySegment ofRounded(ProjectionNode node, long rounded, ProductShape shape, boolean half) {
        of(node, shape, half);
        segment.set(JAVA_LONG, X, rounded);
        segment.set(JAVA_LONG, NORM, 0);
        return segment;
    }

    /// @param half whether tiles have eight weight rows, not sixteen
    MemorySegment of(ProjectionNode node, ProductShape shape, boolean half) {
        ProjectionCall call = node.call();
        int[] columns = node.columns();
        segment.fill((byte) 0);
        segment.set(JAVA_LONG, X, call.x());
        segment.set(JAVA_LONG, NORM, call.norm());
        segment.set(JAVA_LONG, RESIDUAL, call.residual());
        for (int i = 0; i < columns.length; i++) {
            Part part = call.parts().get(i);
            segment.set(JAVA_LONG, WEIGHTS + 8L * i, part.weight());
            segment.set(JAVA_LONG, BIASES + 8L * i, part.bias());
            segment.set(JAVA_LONG, OUTPUTS + 8L * i, part.y());
            segment.set(JAVA_INT, COLUMNS + 4L * i, columns[i]);
            segment.set(JAVA_INT, GROUPS + 4L * i, Math.ceilDiv(columns[i], shape.groupRows()));
        }
        segment.set(JAVA_INT, K, call.k());
        segment.set(JAVA_INT, K + 4, call.rows());
        segment.set(JAVA_FLOAT, K + 8, node.epsilon());
        segment.set(JAVA_INT, K + 12, node.isGated() ? 1 : 0);
        segment.set(JAVA_INT, K + 16, shape.split());
        segment.set(JAVA_INT, K + 20, half ? 1 : 0);
        node.gate().ifPresent(of -> MemorySegment.copy(of.structure(), 0, segment, GATE, NARROW - GATE));
        segment.set(JAVA_INT, NARROW, node.narrowY() ? 1 : 0);
        segment.set(JAVA_INT, ROUNDED, node.narrowX() ? 1 : 0);
        return segment;
    }
}
