package io.dipper.operators.experts;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Work;
import java.util.List;

/// `Route(logits [T, E], correction [E]?; …) → experts [T, used], weights [T, used]`
///
/// Scores are made of the logits; experts are chosen by score plus correction, within the best
/// groups, best first; they weigh their scores without the correction. See [RouterShape].
public final class Route {
    public static final JavaOperator OPERATOR = new JavaOperator(
            "Route", List.of(required(F32), optional(F32)), List.of(required(I32), required(F32)), info -> {
                var shape = RouterShape.of(info);
                return context -> compute(context, shape);
            });

    private Route() {}

    private static void compute(KernelContext context, RouterShape shape) {
        int tokens = (int) context.dimension(0, 0);
        int experts = (int) context.dimension(0, 1);
        shape.check(experts);
        boolean corrected = context.hasInput(1);
        if (corrected && context.elements(1) != experts) {
            throw new IllegalArgumentException(experts + " experts, " + context.elements(1) + " corrections");
        }
        long logits = context.input(0).address();
        long correction = corrected ? context.input(1).address() : RouterRow.NO_CORRECTION;
        long chosen = context.output(0, I32, tokens, shape.used()).address();
        long weights = context.output(1, F32, tokens, shape.used()).address();
        Work.split(context, tokens, 30L * experts, 1, (from, to) -> {
            var row = new RouterRow(shape, experts, correction);
            for (int token = from; token < to; token++) {
                long at = 4L * token * shape.used();
                row.route(logits + 4L * token * experts, chosen + at, weights + at);
            }
        });
    }
}
