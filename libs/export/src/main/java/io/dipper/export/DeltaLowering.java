package io.dipper.export;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.Norm;
import java.util.List;

/// The gated delta rule: two projections, one operator that keeps the state, one projection.
final class DeltaLowering {
    private final WeightLayout weights;
    private final Norms norms;
    private final StepInputs inputs;
    private final KvPlan cache;

    DeltaLowering(WeightLayout weights, Norms norms, StepInputs inputs, KvPlan cache) {
        this.weights = weights;
        this.norms = norms;
        this.inputs = inputs;
        this.cache = cache;
    }

    Value lower(GatedDelta delta, int layer, Value x, Operators at) {
        String path = "layers." + layer + ".delta.";
        if (!(delta.outputNorm() instanceof Norm.Rms outputNorm)) {
            throw new IllegalStateException("Support should have named the norm of the recurrent output");
        }
        List<Value> values = List.of(
                at.linear(x, weights.take(path + "in_qkvz"), Value.ABSENT),
                at.linear(x, weights.take(path + "in_ba"), Value.ABSENT),
                inputs.pools().get(layer),
                inputs.positions(),
                inputs.seqStarts(),
                inputs.blockTables().get(cache.layer(layer).group()),
                weights.take(path + "conv"),
                weights.take(path + "dt_bias"),
                weights.take(path + "a_log"),
                norms.weight(path + "norm", outputNorm));
        Value mixed = at.gatedDelta(
                values,
                List.of(
                        Attribute.of("key_heads", delta.keyHeads()),
                        Attribute.of("value_heads", delta.valueHeads()),
                        Attribute.of("key_dim", delta.keyDim()),
                        Attribute.of("value_dim", delta.valueDim()),
                        Attribute.of("kernel", delta.kernel()),
                        Attribute.of("norm_epsilon", (float) outputNorm.epsilon())),
                delta.valueWidth());
        return at.linear(mixed, weights.take(path + "out"), Value.ABSENT);
    }
}
