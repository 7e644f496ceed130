package io.dipper.operators.cuda;

import io.dipper.onnxruntime.CustomOp;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.operators.Operators;
import java.util.ArrayList;
import java.util.List;

/// The operators that a CUDA session may meet.
public final class CudaOperators {
    /// Columns of `Sample`'s table of alternatives, where the vocabulary has as many: so many may be asked for.
    public static final int MOST_ALTERNATIVES = 20;

    private CudaOperators() {}

    /// A domain for sessions on `card`; to be closed after the last of them.
    public static CustomOpDomain domain(CudaCard card) {
        List<CustomOp> operators = new ArrayList<>(CudaProjection.operators(card));
        operators.addAll(CudaStreams.operators(card));
        operators.addAll(List.of(
                CudaRows.norm(card),
                CudaRows.addNorm(card),
                CudaRows.normAdd(card),
                CudaRows.gatedActivation(card),
                CudaRows.ropeTable(card),
                CudaAttention.operator(card),
                CudaLatent.operator(card),
                CudaDelta.operator(card),
                CudaHostRows.operator(card),
                CudaExperts.route(card),
                CudaExperts.experts(card),
                CudaSample.operator(card)));
        return CustomOpDomain.of(Operators.DOMAIN, operators);
    }
}
