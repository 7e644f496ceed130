package io.dipper.operators.cuda;

import io.dipper.operators.linear.ProjectionCall;
import io.dipper.operators.linear.ProjectionCall.Part;
import java.util.Optional;

/// A projection of any number of rows and columns: norm and rounding, cuBLAS's products, and what follows them where
/// anything does.
final class ManyRows {
    private static final int BLOCK = 256;
    private static final int COLUMNS_A_THREAD = 4;

    /// What is carved from scratch memory begins on such a boundary.
    private static final long ALIGNMENT = 256;

    private final CudaCard card;
    private final CudaKernel norm;
    private final CudaKernel finish;

    ManyRows(CudaCard card) {
        this.card = card;
        this.norm = card.kernel("many_rows", "norm_rows");
        this.finish = card.kernel("many_rows", "finish_rows");
    }

    void project(ProjectionCall call, float epsilon, Optional<CudaGate> gate, long stream) {
        long roundedBytes = Math.ceilDiv(2L * call.rows() * call.k(), ALIGNMENT) * ALIGNMENT;
        long bothBytes = gate.isEmpty()
                ? 0
                : (long) Float.BYTES * call.rows() * call.parts().getFirst().n();
        long rounded = card.scratch().take(roundedBytes + bothBytes);
        norm.with()
                .address(call.x())
                .address(call.norm())
                .address(rounded)
                .integer(call.k())
                .decimal(epsilon)
                .launchEarly(call.rows(), 1, 1, BLOCK, 0, stream);
        for (Part part : call.parts()) {
            long product = gate.isEmpty() ? part.y() : rounded + roundedBytes;
            card.blas().product(rounded, part.weight(), product, call.rows(), part.n(), call.k(), stream);
            if (gate.isPresent() || part.bias() != 0 || call.residual() != 0) {
                finish(call, part, product, gate, stream);
            }
        }
    }

    private void finish(ProjectionCall call, Part part, long product, Optional<CudaGate> gate, long stream) {
        int width = gate.isEmpty() ? part.n() : part.n() / 2;
        finish.with()
                .address(product)
                .address(part.bias())
                .address(call.residual())
                .address(part.y())
                .integer(width)
                .integer(gate.isEmpty() ? 0 : 1)
                .structure(gate.orElse(CudaGate.NONE).structure())
                .launchEarly(Math.ceilDiv(width, BLOCK * COLUMNS_A_THREAD), call.rows(), 1, BLOCK, 0, stream);
    }
}
