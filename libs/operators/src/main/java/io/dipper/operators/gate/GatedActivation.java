package io.dipper.operators.gate;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Work;
import java.util.List;

/// `GatedActivation(gate_and_up [T, 2F]; activation, clamp_limit, clamp_alpha, cut_deviations) →
/// [T, F]`: activation(gate) · up, or its clamped or cut form, see [Gate]; the gate's columns
/// first.
public final class GatedActivation {
    public static final JavaOperator OPERATOR =
            new JavaOperator("GatedActivation", List.of(required(F32)), List.of(required(F32)), info -> {
                Gate gate = Gate.of(info);
                return context -> compute(context, gate);
            });

    private GatedActivation() {}

    private static void compute(KernelContext context, Gate gate) {
        int rows = (int) context.dimension(0, 0);
        int width = Math.toIntExact(context.dimension(0, 1) / 2);
        long x = context.input(0).address();
        long y = context.output(0, F32, rows, width).address();
        Work.split(context, rows, 20L * width, 1, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = x + 8L * row * width;
                gate.apply(at, at + 4L * width, y + 4L * row * width, width);
            }
        });
    }
}
