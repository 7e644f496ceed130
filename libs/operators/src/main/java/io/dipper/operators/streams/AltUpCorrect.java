package io.dipper.operators.streams;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;
import static io.dipper.operators.Memory.store;

import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.DataType;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Memory;
import io.dipper.operators.Work;
import io.dipper.operators.norm.RmsNorms;
import java.lang.foreign.Arena;
import java.util.List;

/// `AltUpCorrect(predicted [T, n, H], mixed [T, H], fed [T, H], fed_norm [H], router_norm [H], router [n, H],
/// coefficients [n, n], output_scale [H]?; active, clip, epsilon) → corrected [T, n, H], scaled [T, H]`: the streams
/// after a layer.
///
/// The layer made a = mixed + norm(fed), its feed-forward part's output being `fed`. Each stream moves by a share of
/// what that has beyond the prediction: with r = tanh(router · norm(a) / H) and coefficients held within ±clip,
/// corrected = predicted + (coefficients · r + 1) ⊗ (a − predicted[active]). `scaled` is corrected[active], times the
/// output scale where there is one.
public final class AltUpCorrect {
    public static final JavaOperator OPERATOR = new JavaOperator("AltUpCorrect", inputs(F32), outputs(), info -> {
        int active = (int) info.integer("active");
        float epsilon = info.decimal("epsilon");
        float clip = info.decimal("clip", Float.POSITIVE_INFINITY);
        return context -> {
            CorrectCall call = CorrectCall.of(context, active);
            StreamShape shape = call.shape();
            Work.split(context, shape.tokens(), shape.cost(), 1, (from, to) -> run(call, epsilon, clip, from, to));
        };
    });

    private AltUpCorrect() {}

    /// The inputs, whose matrices have this type.
    public static List<CustomOpParameter> inputs(DataType matrices) {
        return List.of(
                required(F32),
                required(F32),
                required(F32),
                required(F32),
                required(F32),
                required(matrices),
                required(matrices),
                optional(F32));
    }

    public static List<CustomOpParameter> outputs() {
        return List.of(required(F32), required(F32));
    }

    private static void run(CorrectCall call, float epsilon, float clip, int from, int to) {
        StreamShape shape = call.shape();
        int width = shape.width();
        var routing = new StreamRouting(call.routerNorm(), call.router(), shape.streams(), width, epsilon);
        try (Arena arena = Arena.ofConfined()) {
            long made = arena.allocate(4L * width, 64).address();
            for (int token = from; token < to; token++) {
                RmsNorms.row(shape.rowAt(call.fed(), token), call.fedNorm(), made, width, epsilon);
                RmsNorms.add(shape.rowAt(call.mixed(), token), made, made, width);
                float[] shares = routing.mixed(call.coefficients(), shape.streams(), routing.of(made), clip);
                correct(call, token, made, shares);
                long corrected = shape.streamsAt(call.corrected(), token) + 4L * shape.active() * width;
                scale(corrected, call.outputScale(), shape.rowAt(call.scaled(), token), width);
            }
        }
    }

    private static void correct(CorrectCall call, int token, long made, float[] shares) {
        StreamShape shape = call.shape();
        int width = shape.width();
        int bound = LANES.loopBound(width);
        long all = shape.streamsAt(call.predicted(), token);
        long active = all + 4L * shape.active() * width;
        for (int stream = 0; stream < shape.streams(); stream++) {
            long own = all + 4L * stream * width;
            long y = shape.streamsAt(call.corrected(), token) + 4L * stream * width;
            float share = 1 + shares[stream];
            for (int i = 0; i < bound; i += LANES.length()) {
                var beyond = load(made + 4L * i).sub(load(active + 4L * i));
                store(beyond.mul(share).add(load(own + 4L * i)), y + 4L * i);
            }
            for (int i = bound; i < width; i++) {
                float beyond = floatAt(made + 4L * i) - floatAt(active + 4L * i);
                putFloat(y + 4L * i, beyond * share + floatAt(own + 4L * i));
            }
        }
    }

    /// @param scale 0 for none
    private static void scale(long x, long scale, long y, int width) {
        if (scale == 0) {
            Memory.copy(x, y, 4L * width);
            return;
        }
        int bound = LANES.loopBound(width);
        for (int i = 0; i < bound; i += LANES.length()) {
            store(load(x + 4L * i).mul(load(scale + 4L * i)), y + 4L * i);
        }
        for (int i = bound; i < width; i++) {
            putFloat(y + 4L * i, floatAt(x + 4L * i) * floatAt(scale + 4L * i));
        }
    }
}
