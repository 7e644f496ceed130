package io.dipper.operators.gate;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;
import static io.dipper.operators.Memory.store;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Work;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/// `GatedActivation(gate_and_up [T, 2F]; activation) → [T, F]`: activation(gate) · up, the gate's
/// columns first.
public final class GatedActivation {
    public static final JavaOperator OPERATOR =
            new JavaOperator("GatedActivation", List.of(required(F32)), List.of(required(F32)), info -> {
                Activation activation = Activation.named(info.text("activation"));
                return context -> compute(context, activation);
            });

    private GatedActivation() {}

    private static void compute(KernelContext context, Activation activation) {
        int rows = (int) context.dimension(0, 0);
        int width = Math.toIntExact(context.dimension(0, 1) / 2);
        long x = context.input(0).address();
        long y = context.output(0, F32, rows, width).address();
        Work.split(context, rows, 20L * width, 1, (from, to) -> {
            for (int row = from; row < to; row++) {
                row(activation, x + 8L * row * width, y + 4L * row * width, width);
            }
        });
    }

    private static void row(Activation activation, long gate, long y, int width) {
        long up = gate + 4L * width;
        int bound = LANES.loopBound(width);
        for (int i = 0; i < bound; i += LANES.length()) {
            store(activation.apply(load(gate + 4L * i)).mul(load(up + 4L * i)), y + 4L * i);
        }
        for (int i = bound; i < width; i++) {
            // The tail goes through the same arithmetic, one lane at a time.
            FloatVector one = FloatVector.broadcast(LANES, floatAt(gate + 4L * i));
            putFloat(y + 4L * i, activation.apply(one).lane(0) * floatAt(up + 4L * i));
        }
    }
}
