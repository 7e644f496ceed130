package io.dipper.operators.linear;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.KernelContext;
import io.dipper.onnxruntime.KernelInfo;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Work;
import io.dipper.operators.gate.Gate;
import io.dipper.operators.linear.ProjectionCall.Part;
import io.dipper.operators.norm.RmsNorms;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;

/// `Projection(x [T, K], norm [K]?, residual [T, N]?, weight1 [N1, K], bias1 [N1]?, weight2?, bias2?, weight3?, bias3?,
/// weight4?, bias4?; epsilon, activation?, clamp_limit, clamp_alpha) → y1 [T, N1], y2 [T, N2]?, y3 [T, N3]?,
/// y4 [T, N4]?`: a norm, up to four products with its result and what follows them, as one operator.
///
/// Each y is x' · weightᵀ + bias, where x' is x, or its RMS norm where there is one. A single weight may be gated: its
/// rows are those of a gate, then those of up, and y [T, N1 / 2] is what [Gate] makes of the two. To a single y a
/// residual is added.
public final class Projection {
    public static final JavaOperator OPERATOR = new JavaOperator("Projection", inputs(F32), outputs(), info -> {
        float epsilon = info.decimal("epsilon", 0f);
        Optional<Gate> gate = isGated(info) ? Optional.of(Gate.of(info)) : Optional.empty();
        return context -> compute(context, epsilon, gate);
    });

    private Projection() {}

    /// The inputs, whose weights have this type.
    public static List<CustomOpParameter> inputs(DataType weights) {
        return List.of(
                required(F32),
                optional(F32),
                optional(F32),
                required(weights),
                optional(F32),
                optional(weights),
                optional(F32),
                optional(weights),
                optional(F32),
                optional(weights),
                optional(F32));
    }

    public static List<CustomOpParameter> outputs() {
        return List.of(required(F32), optional(F32), optional(F32), optional(F32));
    }

    /// Whether a node has a gate's attributes.
    public static boolean isGated(KernelInfo info) {
        return !info.text("activation", "").isEmpty();
    }

    private static void compute(KernelContext context, float epsilon, Optional<Gate> gate) {
        ProjectionCall call = ProjectionCall.of(context, gate.isPresent());
        if (call.rows() == 0) {
            return;
        }
        try (Arena arena = Arena.ofShared()) {
            long x = call.norm() == 0 ? call.x() : normed(context, call, epsilon, arena);
            if (gate.isPresent()) {
                Part part = call.parts().getFirst();
                long both = arena.allocate((long) Float.BYTES * call.rows() * part.n(), 64)
                        .address();
                product(context, call, x, new Part(part.weight(), part.bias(), both, part.n()));
                join(context, call.rows(), part.n() / 2, both, part.y(), gate.get());
            } else {
                call.parts().forEach(part -> product(context, call, x, part));
            }
        }
        if (call.residual() != 0) {
            Part part = call.parts().getFirst();
            int width = gate.isPresent() ? part.n() / 2 : part.n();
            Work.split(context, call.rows(), 2L * width, 1, (from, to) -> {
                long at = (long) Float.BYTES * from * width;
                RmsNorms.add(part.y() + at, call.residual() + at, part.y() + at, (to - from) * width);
            });
        }
    }

    private static long normed(KernelContext context, ProjectionCall call, float epsilon, Arena arena) {
        int k = call.k();
        long normed = arena.allocate((long) Float.BYTES * call.rows() * k, 64).address();
        Work.split(context, call.rows(), 4L * k, 1, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = (long) Float.BYTES * row * k;
                RmsNorms.row(call.x() + at, call.norm(), normed + at, k, epsilon);
            }
        });
        return normed;
    }

    private static void product(KernelContext context, ProjectionCall call, long x, Part part) {
        var kernel = new LinearKernel(x, part.weight(), part.bias(), part.y(), call.rows(), part.n(), call.k());
        Work.split(context, part.n(), (long) call.rows() * call.k(), LinearKernel.TILE_ROWS, kernel::columns);
    }

    private static void join(KernelContext context, int rows, int width, long both, long y, Gate gate) {
        Work.split(context, rows, 20L * width, 1, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = both + 2L * Float.BYTES * row * width;
                gate.apply(at, at + (long) Float.BYTES * width, y + (long) Float.BYTES * row * width, width);
            }
        });
    }
}
