package io.dipper.operators;

import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.operators.attention.LatentAttention;
import io.dipper.operators.attention.PagedAttention;
import io.dipper.operators.delta.GatedDelta;
import io.dipper.operators.experts.Experts;
import io.dipper.operators.experts.Route;
import io.dipper.operators.gate.GatedActivation;
import io.dipper.operators.linear.Linear;
import io.dipper.operators.linear.Projection;
import io.dipper.operators.norm.RmsNorms;
import io.dipper.operators.rope.RopeTable;
import io.dipper.operators.sample.Sample;
import io.dipper.operators.streams.AltUpCorrect;
import io.dipper.operators.streams.AltUpMean;
import io.dipper.operators.streams.AltUpPredict;
import io.dipper.operators.streams.AltUpSpread;
import io.dipper.operators.streams.LaurelJoin;
import io.dipper.operators.streams.PerLayerGate;
import io.dipper.operators.table.HostRows;
import java.util.List;

/// Every operator of ours, one line each.
public final class Operators {
    public static final String DOMAIN = "io.dipper";

    private static final List<JavaOperator> ALL = List.of(
            Linear.OPERATOR,
            Projection.OPERATOR,
            RmsNorms.NORM,
            RmsNorms.ADD_NORM,
            RmsNorms.NORM_ADD,
            GatedActivation.OPERATOR,
            RopeTable.OPERATOR,
            PagedAttention.OPERATOR,
            LatentAttention.OPERATOR,
            GatedDelta.OPERATOR,
            Route.OPERATOR,
            Experts.OPERATOR,
            HostRows.OPERATOR,
            AltUpSpread.OPERATOR,
            AltUpPredict.OPERATOR,
            LaurelJoin.OPERATOR,
            AltUpCorrect.OPERATOR,
            PerLayerGate.OPERATOR,
            AltUpMean.OPERATOR,
            Sample.OPERATOR);

    private Operators() {}

    /// A domain for one or more sessions; to be closed after the last of them.
    public static CustomOpDomain domain() {
        return CustomOpDomain.of(DOMAIN, ALL);
    }
}
