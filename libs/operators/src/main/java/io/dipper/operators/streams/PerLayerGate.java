package io.dipper.operators.streams;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Work;
import io.dipper.operators.gate.Gate;
import java.util.List;

/// `PerLayerGate(gate [T, w], embeddings [T, layers · w]; layer, activation) → [T, w]`: activation(gate) times the
/// layer's columns of the tokens' second embeddings.
public final class PerLayerGate {
    public static final JavaOperator OPERATOR =
            new JavaOperator("PerLayerGate", inputs(), List.of(required(F32)), info -> {
                Gate gate = Gate.of(info);
                int layer = (int) info.integer("layer");
                return context -> compute(context, gate, layer);
            });

    private PerLayerGate() {}

    public static List<CustomOpParameter> inputs() {
        return List.of(required(F32), required(F32));
    }

    /// What one run is given, checked.
    ///
    /// @param embedding address of the first token's columns of this layer
    /// @param stride values from a token's columns to the next one's
    public record Call(int tokens, int width, long gate, long embedding, long stride, long gated) {
        public static Call of(KernelContext context, int layer) {
            int tokens = (int) context.dimension(0, 0);
            int width = (int) context.dimension(0, 1);
            long stride = context.dimension(1, 1);
            if (context.dimension(1, 0) != tokens || layer < 0 || (layer + 1L) * width > stride) {
                throw new IllegalArgumentException("layer " + layer + " of embeddings [" + context.dimension(1, 0)
                        + ", " + stride + "] for " + tokens + " gates of " + width);
            }
            return new Call(
                    tokens,
                    width,
                    context.input(0).address(),
                    context.input(1).address() + 4L * layer * width,
                    stride,
                    context.output(0, F32, tokens, width).address());
        }
    }

    private static void compute(KernelContext context, Gate gate, int layer) {
        Call call = Call.of(context, layer);
        int width = call.width();
        Work.split(context, call.tokens(), 20L * width, 1, (from, to) -> {
            for (int token = from; token < to; token++) {
                long at = 4L * token * width;
                gate.apply(call.gate() + at, call.embedding() + 4L * token * call.stride(), call.gated() + at, width);
            }
        });
    }
}
