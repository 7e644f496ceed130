package io.dipper.transformer.tree;

import java.util.OptionalDouble;

/// What a block has beyond mixer and feed-forward part in designs with several residual streams.
///
/// AltUp keeps `altUp.inputs` streams, of which one is computed and the others are predicted from
/// it and corrected. LAuReL adds a low-rank branch beside the mixer. A per-layer embedding is a
/// second row a token and layer, gated into the block's output.
public record Streams(AltUp altUp, Laurel laurel, PerLayerEmbedding perLayer) {

    public record AltUp(
            int inputs, int active, OptionalDouble coefficientClip, boolean scalesCorrection, Norm routerNorm) {
        public AltUp {
            IllFormedTree.unless(inputs > 1, "AltUp over %d streams", inputs);
            IllFormedTree.unless(active >= 0 && active < inputs, "stream %d of %d is active", active, inputs);
            coefficientClip.ifPresent(clip -> IllFormedTree.above("AltUp coefficient clip", clip, 0));
        }
    }

    public record Laurel(int rank, Norm norm) {
        public Laurel {
            IllFormedTree.positive("LAuReL rank", rank);
        }
    }

    /// `norm` is on the projected input, `activation` on the gate, `outputNorm` on what joins the
    /// streams.
    public record PerLayerEmbedding(int vocabulary, int width, Norm norm, Activation activation, Norm outputNorm) {
        public PerLayerEmbedding {
            IllFormedTree.positive("per-layer vocabulary size", vocabulary);
            IllFormedTree.positive("per-layer width", width);
        }
    }
}
