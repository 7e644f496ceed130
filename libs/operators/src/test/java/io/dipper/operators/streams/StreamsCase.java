package io.dipper.operators.streams;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import io.dipper.operators.cuda.CudaCard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Random values for the operators of several residual streams, which its methods run: in their CUDA form on a card, in
/// their Java form without one.
///
/// @param active which of the streams a layer computes
/// @param whole whether what may be left out is there
public record StreamsCase(int tokens, int streams, int width, int active, boolean whole) {
    public static final float EPSILON = 1e-6f;
    public static final float CLIP = 0.5f;
    public static final float LEAST_SQUARE = 1e-5f;

    /// Streams [T, n, H].
    float[] all() {
        return OneNode.random(1, tokens * streams * width);
    }

    /// One of some branches [T, H].
    float[] branch(int which) {
        return OneNode.random(10 + which, tokens * width);
    }

    /// One of some weights [H].
    float[] norm(int which) {
        return OneNode.random(20 + which, width);
    }

    float[] router() {
        return scaled(OneNode.random(3, streams * width), width);
    }

    float[] coefficients(int rows) {
        return OneNode.roundedToBf16(OneNode.random(4, rows * streams));
    }

    /// Products of routers are divided by the width; these are large enough for tanh to bend.
    private static float[] scaled(float[] values, float factor) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= (float) Math.sqrt(factor);
        }
        return OneNode.roundedToBf16(values);
    }

    /// Predicted [T, n, H] and computed [T, H].
    public List<Object> predict(@Nullable CudaCard card) {
        var node = new OneNode("AltUpPredict", card)
                .with(Attribute.of("active", active), Attribute.of("epsilon", EPSILON))
                .input(all(), tokens, streams, width);
        if (whole) {
            node.input(branch(0), tokens, width).input(norm(0), width);
        } else {
            node.without().without();
        }
        return node.input(norm(1), width)
                .matrix(router(), streams, width)
                .matrix(coefficients(streams * streams), (long) streams * streams, streams)
                .runAll(ElementType.F32, ElementType.F32);
    }

    /// Corrected [T, n, H] and scaled [T, H].
    public List<Object> correct(@Nullable CudaCard card) {
        var node = new OneNode("AltUpCorrect", card)
                .with(Attribute.of("active", active), Attribute.of("epsilon", EPSILON))
                .input(all(), tokens, streams, width)
                .input(branch(0), tokens, width)
                .input(branch(1), tokens, width)
                .input(norm(0), width)
                .input(norm(1), width)
                .matrix(router(), streams, width)
                .matrix(coefficients(streams), streams, streams);
        if (whole) {
            node.with(Attribute.of("clip", CLIP)).input(norm(2), width);
        }
        return node.runAll(ElementType.F32, ElementType.F32);
    }

    /// [T, H].
    public List<Object> join(@Nullable CudaCard card) {
        var node = new OneNode("LaurelJoin", card).with(Attribute.of("epsilon", EPSILON));
        for (int branch = 0; branch < 3; branch++) {
            node.input(branch(branch), tokens, width).input(norm(branch), width);
        }
        return node.runAll(ElementType.F32);
    }

    /// The streams before the first layer, [T, n, H].
    public List<Object> spread(@Nullable CudaCard card) {
        return new OneNode("AltUpSpread", card)
                .with(Attribute.of("least_square", LEAST_SQUARE))
                .input(branch(0), tokens, width)
                .input(projected(), tokens, (streams - 1L) * width)
                .runAll(ElementType.F32);
    }

    /// What stands beside the first stream, [T, (n − 1) · H]; a row of the last stream is smaller than counts.
    float[] projected() {
        float[] projected = OneNode.random(6, tokens * (streams - 1) * width);
        for (int i = projected.length - width; i < projected.length; i++) {
            projected[i] *= 1e-3f;
        }
        return projected;
    }

    /// The mean of streams behind the last layer, [T, H].
    public List<Object> mean(@Nullable CudaCard card) {
        var node = new OneNode("AltUpMean", card).with(Attribute.of("least_square", LEAST_SQUARE));
        for (int stream = 0; stream < streams; stream++) {
            node.input(branch(stream), tokens, width);
        }
        return node.runAll(ElementType.F32);
    }

    /// Of the second of three layers, [T, H].
    public List<Object> gate(@Nullable CudaCard card) {
        return new OneNode("PerLayerGate", card)
                .with(Attribute.of("layer", 1), Attribute.of("activation", whole ? "gelu_tanh" : "silu"))
                .input(branch(0), tokens, width)
                .input(embeddings(), tokens, 3L * width)
                .runAll(ElementType.F32);
    }

    float[] embeddings() {
        return OneNode.random(5, 3 * tokens * width);
    }
}
