package io.dipper.operators.cuda;

import io.dipper.operators.linear.ProjectionCall;
import io.dipper.operators.linear.ProjectionCall.Part;
import java.util.List;
import java.util.Optional;

/// A projection of any number of rows and columns: norm and rounding, cuBLAS's products, and what follows them where
/// they do not do it themselves.
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

    void project(ProjectionNode node, long stream) {
        ProjectionCall call = node.call();
        Optional<CudaGate> gate = node.gate();
        boolean ready = node.narrowX();
        long roundedBytes = ready ? 0 : Math.ceilDiv(2L * call.rows() * call.k(), ALIGNMENT) * ALIGNMENT;
        long bothBytes = gate.isEmpty()
                ? 0
                : (long) Float.BYTES * call.rows() * call.parts().getFirst().n();
        long scratch = card.scratch().take(roundedBytes + bothBytes);
        long rounded = ready ? call.x() : scratch;
        if (!ready) {
            norm.with()
                    .address(call.x())
                    .address(call.norm())
                    .address(rounded)
                    .integer(call.k())
                    .decimal(node.epsilon())
                    .launchEarly(call.rows(), 1, 1, BLOCK, 0, stream);
        }
        if (gate.isPresent()) {
            Part part = call.parts().getFirst();
            long both = scratch + roundedBytes;
            card.blas().product(rounded, part.weight(), both, call.rows(), part.n(), call.k(), stream);
            finish(call, part, both, gate, node.narrowY(), stream);
            return;
        }
        List<Part> parts = call.parts();
        for (int i = 0; i < parts.size(); i++) {
            if (i + 1 < parts.size() && isPair(call, parts.get(i), parts.get(i + 1))) {
                pair(call, rounded, parts.get(i), parts.get(i + 1), stream);
                i++;
            } else {
                product(call, rounded, parts.get(i), stream);
            }
        }
    }

    private void product(ProjectionCall call, long rounded, Part part, long stream) {
        boolean adds = part.bias() != 0 || call.residual() != 0;
        if (adds) {
            var measures = new SummedProducts.Measures(
                    call.rows(), part.n(), call.k(), part.bias() != 0, call.residual() != 0);
            var summed = card.blas().summed();
            if (summed.product(rounded, part.weight(), part.bias(), call.residual(), part.y(), measures, stream)) {
                return;
            }
        }
        card.blas().product(rounded, part.weight(), part.y(), call.rows(), part.n(), call.k(), stream);
        if (adds) {
            finish(call, part, part.y(), Optional.empty(), false, stream);
        }
    }

    private static boolean isPair(ProjectionCall call, Part one, Part next) {
        return one.n() == next.n()
                && one.bias() == 0
                && next.bias() == 0
                && next.weight() > one.weight()
                && next.y() - one.y() >= (long) Float.BYTES * call.rows() * one.n();
    }

    /// Keys and values, say: alone each has too few tiles for a card.
    private void pair(ProjectionCall call, long rounded, Part one, Part next, long stream) {
        var weights = new Blas.Factor(one.weight(), call.k(), (next.weight() - one.weight()) / Short.BYTES, true);
        var rows = new Blas.Factor(rounded, call.k(), 0, false);
        var results = new Blas.Result(one.y(), one.n(), (next.y() - one.y()) / Float.BYTES, false);
        card.blas().products(weights, rows, results, new Blas.Measures(one.n(), call.rows(), call.k(), 2), stream);
    }

    private void finish(
            ProjectionCall call, Part part, long product, Optional<CudaGate> gate, boolean narrow, long stream) {
        int width = gate.isEmpty() ? part.n() : part.n() / 2;
        finish.with()
                .address(product)
                .address(part.bias())
                .address(call.residual())
                .address(part.y())
                .integer(width)
                .integer(gate.isEmpty() ? 0 : 1)
                .structure(gate.orElse(CudaGate.NONE).structure())
                .integer(narrow ? 1 : 0)
                .launchEarly(Math.ceilDiv(width, BLOCK * COLUMNS_A_THREAD), call.rows(), 1, BLOCK, 0, stream);
    }
}
