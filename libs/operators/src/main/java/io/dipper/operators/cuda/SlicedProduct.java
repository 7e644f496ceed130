package io.dipper.operators.cuda;

import io.dipper.operators.cuda.SlicedShape.Limits;
import io.dipper.operators.linear.ProjectionCall;
import java.util.Arrays;
import java.util.Optional;

/// Short projections of up to sixteen rows, whose weights are all in shared memory, or on their way there, before the
/// rows are made: so what counts is how soon a kernel is done after the one before it.
final class SlicedProduct {
    private static final int WARPS = 8;
    private static final int CLUSTER = 2;

    /// Leaves room for a block of the kernel behind.
    private static final int MOST_BYTES = 152 << 10;

    /// What kernels have beside what they are given at their launch, at most.
    private static final int FIXED_SHARED_BYTES = 1024;

    private final Limits limits;
    private final CudaKernel[][] kernels = new CudaKernel[SlicedShape.MOST_TILES][SlicedShape.CHUNKS.length];
    private final ProductArguments arguments = new ProductArguments();

    SlicedProduct(CudaCard card) {
        this(card, card.hasClusters() ? CLUSTER : 1);
    }

    /// @param cluster blocks that share tiles; more than one where the card has clusters
    SlicedProduct(CudaCard card, int cluster) {
        int most = card.mostSharedBytes() - FIXED_SHARED_BYTES;
        this.limits = new Limits(card.multiprocessors(), WARPS, cluster, Math.min(MOST_BYTES, most));
        for (int tiles = 0; tiles < SlicedShape.MOST_TILES; tiles++) {
            for (int i = 0; i < SlicedShape.CHUNKS.length; i++) {
                if (!SlicedShape.holds(tiles + 1, SlicedShape.CHUNKS[i])) {
                    continue;
                }
                String name = "sliced_" + (tiles + 1) + "_" + SlicedShape.CHUNKS[i];
                kernels[tiles][i] = card.kernel("sliced", name, "WARPS=" + WARPS, "RANKS=" + cluster)
                        .allowShared(most)
                        .preferShared();
            }
        }
    }

    /// Whether rows are multiplied as they are, and a block can hold what it needs of the weights.
    boolean takes(ProjectionCall call) {
        return call.norm() == 0 && shape(call).isPresent();
    }

    private Optional<SlicedShape> shape(ProjectionCall call) {
        int tiles = call.parts().stream()
                .mapToInt(part -> Math.ceilDiv(part.n(), 2 * SlicedShape.TILE))
                .sum();
        return SlicedShape.of(limits, tiles, call.k(), call.rows());
    }

    void project(ProjectionCall call, Optional<CudaGate> gate, long stream) {
        SlicedShape shape = shape(call).orElseThrow();
        CudaKernel kernel = kernels[shape.tiles() - 1][Arrays.binarySearch(SlicedShape.CHUNKS, shape.chunks())];
        kernel.with().structure(arguments.sliced(call, gate, shape));
        if (limits.cluster() > 1) {
            kernel.launchClustered(
                    limits.cluster(), shape.clusters(), limits.cluster(), 1, limits.threads(), shape.bytes(), stream);
        } else {
            kernel.launchEarly(shape.clusters(), 1, 1, limits.threads(), shape.bytes(), stream);
        }
    }
}
