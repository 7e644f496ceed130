package io.dipper.operators.streams;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Memory;
import io.dipper.operators.Work;
import java.util.List;

/// `AltUpSpread(first [T, H], projected [T, (n − 1) · H]; least_square) → all [T, n, H]`: the streams before the first
/// layer, the embedding and projections of it, each of these scaled to the first's root mean square. A mean square
/// counts as `least_square` at least.
public final class AltUpSpread {
    public static final JavaOperator OPERATOR =
            new JavaOperator("AltUpSpread", inputs(), List.of(required(F32)), info -> {
                float leastSquare = info.decimal("least_square");
                return context -> compute(context, leastSquare);
            });

    private AltUpSpread() {}

    public static List<CustomOpParameter> inputs() {
        return List.of(required(F32), required(F32));
    }

    private static void compute(KernelContext context, float leastSquare) {
        SizedCall call = SizedCall.spread(context);
        var sizes = new StreamSizes(call.width(), leastSquare);
        long bytes = 4L * call.width();
        Work.split(context, call.tokens(), 3L * call.streams() * call.width(), 1, (from, to) -> {
            for (int token = from; token < to; token++) {
                long first = call.at(0, token);
                long all = call.y() + bytes * token * call.streams();
                Memory.copy(first, all, bytes);
                for (int stream = 1; stream < call.streams(); stream++) {
                    long x = call.at(stream, token);
                    sizes.scale(x, sizes.factor(x, first), all + stream * bytes);
                }
            }
        });
    }
}
