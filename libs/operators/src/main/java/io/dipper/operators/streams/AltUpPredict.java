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
import jdk.incubator.vector.FloatVector;

/// `AltUpPredict(all [T, n, H], beside [T, H]?, beside_norm [H]?, router_norm [H], router [n, H], coefficients [n², n];
/// active, epsilon) → predicted [T, n, H], computed [T, H]`: the streams before a layer.
///
/// First norm(beside), what the layer before gated in, is added to all streams but the first. Then each stream is mixed
/// from all of them, on top of itself: with r = tanh(router · norm(all[active]) / H) and M = coefficients · r as a
/// square, predicted = all + M · all. `computed` is predicted[active], which the layer computes (Baykal et al.,
/// "Alternating Updates for Efficient Transformers", as Gemma 3n defines it).
public final class AltUpPredict {
    public static final JavaOperator OPERATOR = new JavaOperator("AltUpPredict", inputs(F32), outputs(), info -> {
        int active = (int) info.integer("active");
        float epsilon = info.decimal("epsilon");
        return context -> {
            PredictCall call = PredictCall.of(context, active);
            StreamShape shape = call.shape();
            Work.split(context, shape.tokens(), shape.cost(), 1, (from, to) -> run(call, epsilon, from, to));
        };
    });

    private AltUpPredict() {}

    /// The inputs, whose matrices have this type.
    public static List<CustomOpParameter> inputs(DataType matrices) {
        return List.of(
                required(F32), optional(F32), optional(F32), required(F32), required(matrices), required(matrices));
    }

    public static List<CustomOpParameter> outputs() {
        return List.of(required(F32), required(F32));
    }

    private static void run(PredictCall call, float epsilon, int from, int to) {
        StreamShape shape = call.shape();
        int streams = shape.streams();
        var routing = new StreamRouting(call.routerNorm(), call.router(), streams, shape.width(), epsilon);
        try (Arena arena = Arena.ofConfined()) {
            long rows = arena.allocate(4L * (streams + 1) * shape.width(), 64).address();
            for (int token = from; token < to; token++) {
                long all = shape.streamsAt(call.all(), token);
                if (call.beside() != 0) {
                    long normed = rows + 4L * streams * shape.width();
                    RmsNorms.row(shape.rowAt(call.beside(), token), call.besideNorm(), normed, shape.width(), epsilon);
                    add(all, normed, rows, shape);
                    all = rows;
                }
                float[] routed = routing.of(all + 4L * shape.active() * shape.width());
                float[] square = routing.mixed(call.coefficients(), streams * streams, routed, Float.POSITIVE_INFINITY);
                long predicted = shape.streamsAt(call.predicted(), token);
                mix(all, square, predicted, shape);
                Memory.copy(
                        predicted + 4L * shape.active() * shape.width(),
                        shape.rowAt(call.computed(), token),
                        4L * shape.width());
            }
        }
    }

    /// A token's streams with a row added to all but the first.
    private static void add(long all, long row, long sum, StreamShape shape) {
        long bytes = 4L * shape.width();
        Memory.copy(all, sum, bytes);
        for (int stream = 1; stream < shape.streams(); stream++) {
            RmsNorms.add(all + stream * bytes, row, sum + stream * bytes, shape.width());
        }
    }

    private static void mix(long all, float[] square, long predicted, StreamShape shape) {
        int streams = shape.streams();
        int width = shape.width();
        int bound = LANES.loopBound(width);
        for (int stream = 0; stream < streams; stream++) {
            long own = 4L * stream * width;
            for (int i = 0; i < bound; i += LANES.length()) {
                FloatVector sum = load(all + own + 4L * i);
                for (int other = 0; other < streams; other++) {
                    float share = square[stream * streams + other];
                    sum = load(all + 4L * (other * width + i)).fma(FloatVector.broadcast(LANES, share), sum);
                }
                store(sum, predicted + own + 4L * i);
            }
            for (int i = bound; i < width; i++) {
                float sum = floatAt(all + own + 4L * i);
                for (int other = 0; other < streams; other++) {
                    sum = Math.fma(floatAt(all + 4L * (other * width + i)), square[stream * streams + other], sum);
                }
                putFloat(predicted + own + 4L * i, sum);
            }
        }
    }
}
