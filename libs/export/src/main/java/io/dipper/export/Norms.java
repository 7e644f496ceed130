package io.dipper.export;

import io.dipper.export.ExportedWeight.Change;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.tree.Norm;
import java.util.Arrays;

/// Norms of the tree as operators.
final class Norms {
    private final WeightLayout weights;
    private final Operators operators;

    Norms(WeightLayout weights, Operators operators) {
        this.weights = weights;
        this.operators = operators;
    }

    /// Along the last axis.
    Value apply(String path, Norm norm, Value x, Operators at) {
        return switch (norm) {
            case Norm.Rms rms -> at.rmsNorm(x, weight(path, rms), rms.epsilon());
            case Norm.Layer layer ->
                at.graph().layerNormalization(x, weights.take(path), weights.takeIfThere(path + ".bias"), (float)
                        layer.epsilon());
        };
    }

    /// The factor of an RMS norm, as the operators take it: what is multiplied, nothing else.
    Value weight(String path, Norm.Rms rms) {
        return switch (rms.factor()) {
            case WEIGHT -> weights.take(path);
            case ONE_PLUS_WEIGHT -> weights.take(path, Change.PLUS_ONE);
            case NONE -> {
                float[] ones = new float[rms.width()];
                Arrays.fill(ones, 1);
                yield operators.graph().constant(ones);
            }
        };
    }
}
