package io.dipper.operators.norm;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;
import static io.dipper.operators.Memory.store;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Memory;
import io.dipper.operators.Work;
import java.util.List;

/// `RmsNorm(x [T, H], weight [H]; epsilon) → [T, H]`: x / √(mean(x²) + epsilon) · weight, row by
/// row.
///
/// `AddRmsNorm(x, residual [T, H], weight [H]; epsilon) → normed, sum`: the same of x + residual,
/// and that sum.
///
/// `NormAdd(x [T, H], weight [H], residual [T, H]; epsilon) → [T, H]`: the norm of x, plus the residual.
public final class RmsNorms {
    public static final JavaOperator NORM =
            new JavaOperator("RmsNorm", List.of(required(F32), required(F32)), List.of(required(F32)), info -> {
                float epsilon = info.decimal("epsilon");
                return context -> norm(context, epsilon);
            });

    public static final JavaOperator ADD_NORM = new JavaOperator(
            "AddRmsNorm",
            List.of(required(F32), required(F32), required(F32)),
            List.of(required(F32), required(F32)),
            info -> {
                float epsilon = info.decimal("epsilon");
                return context -> addNorm(context, epsilon);
            });

    public static final JavaOperator NORM_ADD = new JavaOperator(
            "NormAdd", List.of(required(F32), required(F32), required(F32)), List.of(required(F32)), info -> {
                float epsilon = info.decimal("epsilon");
                return context -> normAdd(context, epsilon);
            });

    private RmsNorms() {}

    private static void norm(KernelContext context, float epsilon) {
        int rows = (int) context.dimension(0, 0);
        int width = width(context, 1);
        long x = context.input(0).address();
        long weight = context.input(1).address();
        long y = context.output(0, F32, rows, width).address();
        Work.split(context, rows, 4L * width, 1, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = 4L * row * width;
                row(x + at, weight, y + at, width, epsilon);
            }
        });
    }

    private static void addNorm(KernelContext context, float epsilon) {
        int rows = (int) context.dimension(0, 0);
        int width = width(context, 2);
        if (context.elements(1) != context.elements(0)) {
            throw new IllegalArgumentException("x and residual differ in size");
        }
        long x = context.input(0).address();
        long residual = context.input(1).address();
        long weight = context.input(2).address();
        long y = context.output(0, F32, rows, width).address();
        long sum = context.output(1, F32, rows, width).address();
        Work.split(context, rows, 6L * width, 1, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = 4L * row * width;
                add(x + at, residual + at, sum + at, width);
                row(sum + at, weight, y + at, width, epsilon);
            }
        });
    }

    private static void normAdd(KernelContext context, float epsilon) {
        int rows = (int) context.dimension(0, 0);
        int width = width(context, 1);
        if (context.elements(2) != context.elements(0)) {
            throw new IllegalArgumentException("x and residual differ in size");
        }
        long x = context.input(0).address();
        long weight = context.input(1).address();
        long residual = context.input(2).address();
        long y = context.output(0, F32, rows, width).address();
        Work.split(context, rows, 6L * width, 1, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = 4L * row * width;
                row(x + at, weight, y + at, width, epsilon);
                add(y + at, residual + at, y + at, width);
            }
        });
    }

    /// Normalises `width` floats at `x` into `y`, which may be the same memory.
    public static void row(long x, long weight, long y, int width, float epsilon) {
        float scale = (float) (1 / Math.sqrt(Memory.dot(x, x, width) / width + epsilon));
        int bound = LANES.loopBound(width);
        for (int i = 0; i < bound; i += LANES.length()) {
            store(load(x + 4L * i).mul(scale).mul(load(weight + 4L * i)), y + 4L * i);
        }
        for (int i = bound; i < width; i++) {
            putFloat(y + 4L * i, floatAt(x + 4L * i) * scale * floatAt(weight + 4L * i));
        }
    }

    /// The sums of `width` floats at two addresses; `sum` may be either of them.
    public static void add(long a, long b, long sum, int width) {
        int bound = LANES.loopBound(width);
        for (int i = 0; i < bound; i += LANES.length()) {
            store(load(a + 4L * i).add(load(b + 4L * i)), sum + 4L * i);
        }
        for (int i = bound; i < width; i++) {
            putFloat(sum + 4L * i, floatAt(a + 4L * i) + floatAt(b + 4L * i));
        }
    }

    private static int width(KernelContext context, int weightInput) {
        int width = (int) context.dimension(0, 1);
        if (context.elements(weightInput) != width) {
            throw new IllegalArgumentException("x has " + width + " columns, weight " + context.elements(weightInput));
        }
        return width;
    }
}
