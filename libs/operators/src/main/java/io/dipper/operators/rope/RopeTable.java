package io.dipper.operators.rope;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.intAt;
import static io.dipper.operators.Memory.putFloat;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Work;
import java.util.List;

/// `RopeTable(positions [T], inv_freq [D/2]; attention_factor) → cos [T, D/2], sin [T, D/2]`, once
/// a step for all layers. The angle is a float32 product, as in the reference: at far positions its
/// rounding shows.
public final class RopeTable {
    public static final JavaOperator OPERATOR = new JavaOperator(
            "RopeTable", List.of(required(I32), required(F32)), List.of(required(F32), required(F32)), info -> {
                float factor = info.decimal("attention_factor", 1f);
                return context -> compute(context, factor);
            });

    private RopeTable() {}

    private static void compute(KernelContext context, float factor) {
        int tokens = (int) context.dimension(0, 0);
        int half = (int) context.dimension(1, 0);
        long positions = context.input(0).address();
        long frequencies = context.input(1).address();
        long cos = context.output(0, F32, tokens, half).address();
        long sin = context.output(1, F32, tokens, half).address();
        Work.split(context, tokens, 100L * half, 1, (from, to) -> {
            for (int token = from; token < to; token++) {
                float position = intAt(positions + 4L * token);
                for (int i = 0; i < half; i++) {
                    double angle = position * floatAt(frequencies + 4L * i);
                    long at = 4L * ((long) token * half + i);
                    putFloat(cos + at, (float) Math.cos(angle) * factor);
                    putFloat(sin + at, (float) Math.sin(angle) * factor);
                }
            }
        });
    }
}
