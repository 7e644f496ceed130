package io.dipper.operators.cuda;

import io.dipper.operators.cuda.SlicedShape.Limits;
import io.dipper.operators.linear.ProjectionCall;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/// Short projections of up to sixteen rows, whose weights are all in shared memory, or on their way there, before the
/// rows are made: so what counts is how soon a kernel is done after the one before it.
final class SlicedProduct {
    private static final int WARPS = 8;
    private static final int CLUSTER = 2;

    /// Leaves room for a block of the kernel behind.
    private static final int MOST_BYTES = 152 << 10;

    private final CudaCard card;
    private final Limits limits;
    private final CudaKernel[][] kernels = new CudaKernel[SlicedShape.MOST_TILES][];
    private final CudaKernel[] normed;
    private final ProductArguments arguments = new ProductArguments();

    SlicedProduct(CudaCard card) {
        this.card = card;
        this.limits = limits(card);
        for (int tiles = 0; tiles < SlicedShape.MOST_TILES; tiles++) {
            kernels[tiles] = kernels(card, tiles + 1, false);
        }
        this.normed = kernels(card, 1, true);
    }

    private CudaKernel[] kernels(CudaCard card, int tiles, boolean norms) {
        String prefix = (norms ? "normed_" : "sliced_") + tiles + "_";
        return IntStream.of(SlicedShape.CHUNKS)
                .filter(chunks -> SlicedShape.holds(tiles, chunks, norms))
                .mapToObj(
                        chunks -> card.kernel("sliced", prefix + chunks, "WARPS=" + WARPS, "RANKS=" + limits.cluster())
                                .allowShared(card.usableSharedBytes())
                                .preferShared())
                .toArray(CudaKernel[]::new);
    }

    static Limits limits(CudaCard card) {
        int cluster = card.hasClusters() ? CLUSTER : 1;
        return new Limits(card.multiprocessors(), WARPS, cluster, Math.min(MOST_BYTES, card.usableSharedBytes()));
    }

    private Optional<SlicedShape> shape(ProjectionCall call) {
        int tiles = call.parts().stream()
                .mapToInt(part -> Math.ceilDiv(part.n(), 2 * SlicedShape.TILE))
                .sum();
        return SlicedShape.of(limits, tiles, call.k(), call.rows(), call.norm() != 0);
    }

    void project(ProjectionNode node, long stream) {
        SlicedShape shape = shape(node.call()).orElseThrow();
        boolean norms = node.call().norm() != 0;
        CudaKernel[] ofTiles = norms ? normed : kernels[shape.tiles() - 1];
        CudaKernel kernel = ofTiles[Arrays.binarySearch(SlicedShape.CHUNKS, shape.chunks())];
        int bytes = norms ? Math.max(card.loneSharedBytes(), shape.bytes()) : shape.bytes();
        kernel.with().structure(arguments.sliced(node, shape));
        if (limits.cluster() > 1) {
            kernel.launchClustered(
                    limits.cluster(), shape.clusters(), limits.cluster(), 1, limits.threads(), bytes, stream);
        } else {
            kernel.launchEarly(shape.clusters(), 1, 1, limits.threads(), bytes, stream);
        }
    }
}
