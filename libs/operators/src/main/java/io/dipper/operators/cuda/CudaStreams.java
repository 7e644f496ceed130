package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.streams.AltUpCorrect;
import io.dipper.operators.streams.AltUpMean;
import io.dipper.operators.streams.AltUpPredict;
import io.dipper.operators.streams.AltUpSpread;
import io.dipper.operators.streams.CorrectCall;
import io.dipper.operators.streams.LaurelJoin;
import io.dipper.operators.streams.PerLayerGate;
import io.dipper.operators.streams.PredictCall;
import io.dipper.operators.streams.SizedCall;
import io.dipper.operators.streams.StreamShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// What designs of several residual streams do around their layers' products: [AltUpSpread], [AltUpPredict],
/// [LaurelJoin], [AltUpCorrect], [PerLayerGate] and [AltUpMean]. Routers and coefficients are bfloat16, what they are
/// multiplied with is float32.
final class CudaStreams {
    /// What the kernels are made for: as many streams, and as many columns as a block's threads hold.
    private static final int MOST_STREAMS = 4;

    private static final int MOST_WIDTH = 4096;

    private static final int WARP = 32;
    private static final int COLUMNS_A_THREAD = 4;
    private static final int GATE_BLOCK = 128;

    private CudaStreams() {}

    static List<CudaOperator> operators(CudaCard card) {
        return List.of(
                sized(card, "AltUpSpread", "altup_spread", AltUpSpread.inputs(), SizedCall::spread),
                predict(card),
                join(card),
                correct(card),
                gate(card),
                sized(card, "AltUpMean", "altup_mean", AltUpMean.inputs(), SizedCall::mean));
    }

    private static CudaOperator sized(
            CudaCard card,
            String name,
            String kernelName,
            List<CustomOpParameter> inputs,
            Function<KernelContext, SizedCall> reader) {
        CudaKernel kernel = card.kernel("streams", kernelName);
        var arguments = new Arguments();
        return new CudaOperator(name, inputs, List.of(required(F32)), info -> {
            float leastSquare = info.decimal("least_square");
            return context -> {
                SizedCall call = reader.apply(context);
                arguments.sized(call, leastSquare);
                launch(kernel, call.streams(), call.width(), call.tokens(), arguments, context.stream());
            };
        });
    }

    private static CudaOperator predict(CudaCard card) {
        CudaKernel kernel = card.kernel("streams", "altup_predict");
        var arguments = new Arguments();
        return new CudaOperator("AltUpPredict", AltUpPredict.inputs(BF16), AltUpPredict.outputs(), info -> {
            int active = (int) info.integer("active");
            float epsilon = info.decimal("epsilon");
            return context -> {
                PredictCall call = PredictCall.of(context, active);
                arguments.addresses(
                        call.all(),
                        call.beside(),
                        call.besideNorm(),
                        call.routerNorm(),
                        call.router(),
                        call.coefficients(),
                        call.predicted(),
                        call.computed());
                arguments.numbers(call.shape(), epsilon, 0);
                launch(kernel, call.shape(), arguments, context.stream());
            };
        });
    }

    private static CudaOperator correct(CudaCard card) {
        CudaKernel kernel = card.kernel("streams", "altup_correct");
        var arguments = new Arguments();
        return new CudaOperator("AltUpCorrect", AltUpCorrect.inputs(BF16), AltUpCorrect.outputs(), info -> {
            int active = (int) info.integer("active");
            float epsilon = info.decimal("epsilon");
            float clip = info.decimal("clip", Float.POSITIVE_INFINITY);
            return context -> {
                CorrectCall call = CorrectCall.of(context, active);
                arguments.addresses(
                        call.predicted(),
                        call.mixed(),
                        call.fed(),
                        call.fedNorm(),
                        call.routerNorm(),
                        call.router(),
                        call.coefficients(),
                        call.outputScale(),
                        call.corrected(),
                        call.scaled());
                arguments.numbers(call.shape(), epsilon, clip);
                launch(kernel, call.shape(), arguments, context.stream());
            };
        });
    }

    /// The kernels' structures, written anew for each launch: `Prediction` and `Correction`, which are alike behind
    /// their addresses, and `Sized`.
    private static final class Arguments {
        private final MemorySegment segment = Arena.ofAuto().allocate(10 * Long.BYTES + 6 * Integer.BYTES, Long.BYTES);
        private long end;

        void addresses(long... of) {
            end = (long) Long.BYTES * of.length;
            MemorySegment.copy(of, 0, segment, JAVA_LONG, 0, of.length);
        }

        void numbers(StreamShape shape, float epsilon, float clip) {
            segment.set(JAVA_INT, end, shape.streams());
            segment.set(JAVA_INT, end + 4, shape.active());
            segment.set(JAVA_INT, end + 8, shape.width());
            segment.set(JAVA_FLOAT, end + 12, epsilon);
            segment.set(JAVA_FLOAT, end + 16, clip);
        }

        void sized(SizedCall call, float leastSquare) {
            long[] rows = Arrays.copyOf(call.rows(), MOST_STREAMS);
            MemorySegment.copy(rows, 0, segment, JAVA_LONG, 0, MOST_STREAMS);
            end = (long) Long.BYTES * MOST_STREAMS;
            segment.set(JAVA_LONG, end, call.y());
            segment.set(JAVA_LONG, end + 8, call.stride());
            segment.set(JAVA_INT, end + 16, call.streams());
            segment.set(JAVA_INT, end + 20, call.width());
            segment.set(JAVA_FLOAT, end + 24, leastSquare);
        }
    }

    private static void launch(CudaKernel kernel, StreamShape shape, Arguments arguments, long stream) {
        launch(kernel, shape.streams(), shape.width(), shape.tokens(), arguments, stream);
    }

    private static void launch(
            CudaKernel kernel, int streams, int width, int tokens, Arguments arguments, long stream) {
        if (streams > MOST_STREAMS) {
            throw new IllegalArgumentException(streams + " streams, of at most " + MOST_STREAMS);
        }
        kernel.with().structure(arguments.segment).launchEarly(tokens, 1, 1, threads(width), 0, stream);
    }

    private static int threads(int width) {
        if (width > MOST_WIDTH) {
            throw new IllegalArgumentException("streams of " + width + " columns, of at most " + MOST_WIDTH);
        }
        return Math.ceilDiv(width, WARP * COLUMNS_A_THREAD) * WARP;
    }

    private static CudaOperator join(CudaCard card) {
        CudaKernel kernel = card.kernel("streams", "laurel_join");
        return new CudaOperator("LaurelJoin", LaurelJoin.inputs(), List.of(required(F32)), info -> {
            float epsilon = info.decimal("epsilon");
            return context -> {
                LaurelJoin.Call call = LaurelJoin.Call.of(context);
                kernel.with();
                for (int branch = 0; branch < call.branches().length; branch++) {
                    kernel.address(call.branches()[branch]).address(call.norms()[branch]);
                }
                kernel.address(call.joined())
                        .integer(call.width())
                        .decimal(epsilon)
                        .launchEarly(call.tokens(), 1, 1, threads(call.width()), 0, context.stream());
            };
        });
    }

    private static CudaOperator gate(CudaCard card) {
        CudaKernel kernel = card.kernel("streams", "per_layer_gate");
        return new CudaOperator("PerLayerGate", PerLayerGate.inputs(), List.of(required(F32)), info -> {
            CudaGate gate = CudaGate.of(info);
            int layer = (int) info.integer("layer");
            return context -> {
                PerLayerGate.Call call = PerLayerGate.Call.of(context, layer);
                kernel.with()
                        .address(call.gate())
                        .address(call.embedding())
                        .address(call.gated())
                        .integer(call.width())
                        .wide(call.stride())
                        .structure(gate.structure())
                        .launchEarly(
                                call.tokens(),
                                Math.ceilDiv(call.width(), GATE_BLOCK),
                                1,
                                GATE_BLOCK,
                                0,
                                context.stream());
            };
        });
    }
}
