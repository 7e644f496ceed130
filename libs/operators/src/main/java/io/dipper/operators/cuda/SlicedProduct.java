package io.dipper.operators.cuda;

import io.dipper.operators.cuda.SlicedShape.Limits;
import io.dipper.operators.cuda.SlicedShape.Ways;
import io.dipper.operators.linear.ProjectionCall;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/// Short projections of up to sixteen rows, whose weights are all in shared memory, or on their way there, before the
/// rows are made: so what counts is how soon a kernel is done after the one before it.
final class SlicedProduct {
    private static final int WARPS = 8;
    private static final int WARPS_ALONE = 16;
    private static final int CLUSTER = 2;

    /// Leaves room for a block of the kernel behind.
    private static final int MOST_BYTES = 152 << 10;

    private final CudaCard card;
    private final Ways ways;
    private final Kernels alone;
    private final Kernels clustered;
    private final ProductArguments arguments = new ProductArguments();

    SlicedProduct(CudaCard card) {
        this.card = card;
        this.ways = ways(card);
        this.clustered = new Kernels(card, ways.clustered(), SlicedShape.MOST_TILES);
        this.alone = ways.alone().equals(ways.clustered()) ? clustered : new Kernels(card, ways.alone(), 1);
    }

    static Ways ways(CudaCard card) {
        int bytes = Math.min(MOST_BYTES, card.usableSharedBytes());
        if (!card.hasClusters()) {
            var only = new Limits(card.multiprocessors(), WARPS, 1, bytes);
            return new Ways(only, only);
        }
        return new Ways(
                new Limits(card.multiprocessors(), WARPS_ALONE, 1, bytes),
                new Limits(card.multiprocessors(), WARPS, CLUSTER, bytes));
    }

    private Optional<SlicedShape> shape(ProjectionCall call) {
        int tiles = call.parts().stream()
                .mapToInt(part -> Math.ceilDiv(part.n(), 2 * SlicedShape.TILE))
                .sum();
        return SlicedShape.of(ways, tiles, call.k(), call.rows(), call.norm() != 0);
    }

    void project(ProjectionNode node, long stream) {
        SlicedShape shape = shape(node.call()).orElseThrow();
        Limits limits = shape.limits();
        boolean norms = node.call().norm() != 0;
        CudaKernel kernel = (limits.equals(ways.alone()) ? alone : clustered).of(shape, norms);
        int bytes = norms ? Math.max(card.loneSharedBytes(), shape.bytes()) : shape.bytes();
        kernel.with().structure(arguments.sliced(node, shape));
        if (limits.cluster() > 1) {
            kernel.launchClustered(
                    limits.cluster(), shape.clusters(), limits.cluster(), 1, limits.threads(), bytes, stream);
        } else {
            kernel.launchEarly(shape.clusters(), 1, 1, limits.threads(), bytes, stream);
        }
    }

    /// Those for one way, by tiles of rows and chunks of columns.
    private static final class Kernels {
        private final CudaKernel[][] plain;
        private final CudaKernel[] normed;

        Kernels(CudaCard card, Limits limits, int mostTiles) {
            this.plain = IntStream.rangeClosed(1, mostTiles)
                    .mapToObj(tiles -> ofChunks(card, limits, tiles, false))
                    .toArray(CudaKernel[][]::new);
            this.normed = ofChunks(card, limits, 1, true);
        }

        private static CudaKernel[] ofChunks(CudaCard card, Limits limits, int tiles, boolean norms) {
            String prefix = (norms ? "normed_" : "sliced_") + tiles + "_";
            String[] defines = {"WARPS=" + limits.warps(), "RANKS=" + limits.cluster()};
            return IntStream.of(SlicedShape.CHUNKS)
                    .filter(chunks -> SlicedShape.holds(tiles, chunks, norms))
                    .mapToObj(chunks -> card.kernel("sliced", prefix + chunks, defines)
                            .allowShared(card.usableSharedBytes())
                            .preferShared())
                    .toArray(CudaKernel[]::new);
        }

        CudaKernel of(SlicedShape shape, boolean norms) {
            CudaKernel[] ofTiles = norms ? normed : plain[shape.tiles() - 1];
            return ofTiles[Arrays.binarySearch(SlicedShape.CHUNKS, shape.chunks())];
        }
    }
}
