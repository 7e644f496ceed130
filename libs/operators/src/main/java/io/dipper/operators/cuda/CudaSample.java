package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;
import static io.dipper.onnxruntime.DataType.I64;

import io.dipper.onnxruntime.KernelContext;
import java.util.List;
import java.util.Optional;

/// `Sample` as its Java form describes it; the table of alternatives has always room for as many as a
/// request may ask for, since its width is part of a captured graph.
///
/// A row is cut over a cluster of blocks that keep it in their shared memory. Where cards have no
/// clusters, or a row does not fit, a block alone reads it from memory as often as it needs.
final class CudaSample {
    private static final int INPUTS = 9;
    private static final int CLUSTER = 8;
    private static final int USUAL_BLOCK = 512;
    private static final int BLOCK_ALONE = 1024;

    /// What a block has in shared memory beside its part of the logits, at most.
    private static final int FIXED_SHARED_BYTES = 30 << 10;

    private final CudaCard card;
    private final int block;
    private Optional<CudaKernel> clustered = Optional.empty();
    private Optional<CudaKernel> alone = Optional.empty();

    CudaSample(CudaCard card) {
        this(card, USUAL_BLOCK);
    }

    /// @param block threads of each block of a cluster
    CudaSample(CudaCard card, int block) {
        this.card = card;
        this.block = block;
    }

    static CudaOperator operator(CudaCard card) {
        var sample = new CudaSample(card);
        return new CudaOperator(
                "Sample",
                List.of(
                        required(F32),
                        required(F32),
                        required(I64),
                        required(I32),
                        required(I32),
                        required(I32),
                        required(I32),
                        required(I32),
                        required(F32)),
                List.of(required(I32), required(F32), required(I32), required(F32)),
                _ -> sample::compute);
    }

    private void compute(KernelContext context) {
        int rows = (int) context.dimension(0, 0);
        int vocabulary = (int) context.dimension(0, 1);
        int width = Math.min(CudaOperators.MOST_ALTERNATIVES, vocabulary);
        long[] inputs = new long[INPUTS];
        for (int input = 0; input < INPUTS; input++) {
            inputs[input] = context.input(input).address();
        }
        long[] outputs = {
            context.output(0, I32, rows).address(),
            context.output(1, F32, rows).address(),
            context.output(2, I32, rows, width).address(),
            context.output(3, F32, rows, width).address()
        };
        launch(inputs, outputs, rows, vocabulary, context.stream());
    }

    /// @param inputs addresses, in the operator's order
    /// @param outputs the same
    void launch(long[] inputs, long[] outputs, int rows, int vocabulary, long stream) {
        if (rows == 0) {
            return;
        }
        int share = Math.ceilDiv(Math.ceilDiv(vocabulary, CLUSTER), 4) * 4;
        int bytes = Float.BYTES * share;
        if (card.hasClusters() && bytes <= mostBytes()) {
            arguments(clustered(), inputs, outputs, 0, vocabulary, share)
                    .launchClustered(CLUSTER, rows, CLUSTER, 1, block, bytes, stream);
        } else {
            long adjusted = card.scratch().take((long) Float.BYTES * rows * vocabulary);
            arguments(alone(), inputs, outputs, adjusted, vocabulary, vocabulary)
                    .launchEarly(rows, 1, 1, BLOCK_ALONE, 0, stream);
        }
    }

    private static CudaKernel arguments(
            CudaKernel kernel, long[] inputs, long[] outputs, long adjusted, int vocabulary, int share) {
        kernel.with();
        for (long input : inputs) {
            kernel.address(input);
        }
        kernel.address(adjusted);
        for (long output : outputs) {
            kernel.address(output);
        }
        return kernel.integer(vocabulary)
                .integer(Math.min(CudaOperators.MOST_ALTERNATIVES, vocabulary))
                .integer(share);
    }

    private CudaKernel clustered() {
        if (clustered.isEmpty()) {
            clustered = Optional.of(card.kernel("sample", "sample", "CLUSTER=" + CLUSTER, "THREADS=" + block)
                    .allowShared(mostBytes()));
        }
        return clustered.get();
    }

    private CudaKernel alone() {
        if (alone.isEmpty()) {
            alone = Optional.of(card.kernel("sample", "sample", "CLUSTER=1", "THREADS=" + BLOCK_ALONE));
        }
        return alone.get();
    }

    private int mostBytes() {
        return card.mostSharedBytes() - FIXED_SHARED_BYTES;
    }
}
