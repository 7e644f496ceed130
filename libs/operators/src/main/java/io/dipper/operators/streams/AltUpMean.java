package io.dipper.operators.streams;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Memory;
import io.dipper.operators.Work;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// `AltUpMean(first [T, H], second [T, H], third?, …; least_square) → [T, H]`: the mean of the streams behind the last
/// layer, all but the first scaled to the first's root mean square. A mean square counts as `least_square` at least.
public final class AltUpMean {
    private static final int MOST_STREAMS = 16;

    public static final JavaOperator OPERATOR =
            new JavaOperator("AltUpMean", inputs(), List.of(required(F32)), info -> {
                float leastSquare = info.decimal("least_square");
                return context -> compute(context, leastSquare);
            });

    private AltUpMean() {}

    public static List<CustomOpParameter> inputs() {
        List<CustomOpParameter> inputs = new ArrayList<>(List.of(required(F32), required(F32)));
        inputs.addAll(Collections.nCopies(MOST_STREAMS - inputs.size(), optional(F32)));
        return inputs;
    }

    private static void compute(KernelContext context, float leastSquare) {
        SizedCall call = SizedCall.mean(context);
        var sizes = new StreamSizes(call.width(), leastSquare);
        Work.split(context, call.tokens(), 3L * call.streams() * call.width(), 1, (from, to) -> {
            for (int token = from; token < to; token++) {
                long first = call.at(0, token);
                long mean = call.y() + 4L * token * call.width();
                Memory.copy(first, mean, 4L * call.width());
                for (int stream = 1; stream < call.streams(); stream++) {
                    long x = call.at(stream, token);
                    sizes.add(x, sizes.factor(x, first), mean);
                }
                sizes.scale(mean, 1f / call.streams(), mean);
            }
        });
    }
}
