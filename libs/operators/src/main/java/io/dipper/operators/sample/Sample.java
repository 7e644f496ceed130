package io.dipper.operators.sample;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;
import static io.dipper.onnxruntime.DataType.I64;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.intAt;
import static io.dipper.operators.Memory.putFloat;
import static io.dipper.operators.Memory.putInt;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Work;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/// `Sample(logits [L, V], sample_floats [L, 6], sample_ints [L, 5], penalty_starts, penalty_ids,
/// penalty_counts, bias_starts, bias_ids, bias_values) → ids [L], logprobs [L], top_ids [L, K],
/// top_logprobs [L, K]`
///
/// Logprobs are of the unadjusted logits; NaN where a row wants none, −9999 for what cannot happen.
public final class Sample {
    static final float IMPOSSIBLE = -9999f;

    public static final JavaOperator OPERATOR = new JavaOperator(
            "Sample",
            List.of(
                    required(F32),
                    required(F32),
                    required(I64),
                    required(I32),
                    required(I32),
                    required(I32),
                    required(I32),
                    required(I32),
                    required(F32)),
            List.of(required(I32), required(F32), required(I32), required(F32)),
            _ -> Sample::compute);

    private Sample() {}

    private static void compute(KernelContext context) {
        int rows = (int) context.dimension(0, 0);
        int vocabulary = (int) context.dimension(0, 1);
        if (context.elements(1) != (long) rows * SampleParameters.FLOATS
                || context.elements(2) != (long) rows * SampleParameters.INTS) {
            throw new IllegalArgumentException("sampling parameters do not match " + rows + " rows");
        }
        var parameters = new SampleParameters[rows];
        int width = 0;
        for (int row = 0; row < rows; row++) {
            parameters[row] = SampleParameters.read(
                    context.input(1).address(), context.input(2).address(), row);
            width = Math.max(width, Math.min(parameters[row].topLogprobs(), vocabulary));
        }
        var call = new Sample.Call(context, parameters, vocabulary, width);
        Work.split(context, rows, 8L * vocabulary, 1, call::rows);
    }

    /// One run's addresses.
    private static final class Call {
        private final SampleParameters[] parameters;
        private final int vocabulary;
        private final int width;
        private final long logits;
        private final long penaltyStarts;
        private final long penaltyIds;
        private final long penaltyCounts;
        private final long biasStarts;
        private final long biasIds;
        private final long biasValues;
        private final long ids;
        private final long logprobs;
        private final long topIds;
        private final long topLogprobs;

        Call(KernelContext context, SampleParameters[] parameters, int vocabulary, int width) {
            this.parameters = parameters;
            this.vocabulary = vocabulary;
            this.width = width;
            int rows = parameters.length;
            logits = context.input(0).address();
            penaltyStarts = context.input(3).address();
            penaltyIds = context.input(4).address();
            penaltyCounts = context.input(5).address();
            biasStarts = context.input(6).address();
            biasIds = context.input(7).address();
            biasValues = context.input(8).address();
            ids = context.output(0, I32, rows).address();
            logprobs = context.output(1, F32, rows).address();
            topIds = context.output(2, I32, rows, width).address();
            topLogprobs = context.output(3, F32, rows, width).address();
        }

        void rows(int from, int to) {
            float[] adjusted = new float[vocabulary];
            for (int row = from; row < to; row++) {
                SampleParameters chosen = parameters[row];
                int id = chosen.forcedId() >= 0 ? chosen.forcedId() : choose(row, adjusted);
                putInt(ids + 4L * row, id);
                report(row, id);
            }
        }

        private int choose(int row, float[] adjusted) {
            copyLogits(row, adjusted);
            var sampler = new SampleRow(adjusted);
            for (int i = intAt(biasStarts + 4L * row); i < intAt(biasStarts + 4L * (row + 1)); i++) {
                sampler.addBias(intAt(biasIds + 4L * i), floatAt(biasValues + 4L * i));
            }
            for (int i = intAt(penaltyStarts + 4L * row); i < intAt(penaltyStarts + 4L * (row + 1)); i++) {
                sampler.penalise(intAt(penaltyIds + 4L * i), intAt(penaltyCounts + 4L * i), parameters[row]);
            }
            return sampler.choose(parameters[row]);
        }

        private void copyLogits(int row, float[] into) {
            var all = java.lang.foreign.MemorySegment.ofAddress(logits + 4L * row * vocabulary)
                    .reinterpret(4L * vocabulary);
            java.lang.foreign.MemorySegment.copy(all, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, into, 0, vocabulary);
        }

        private void report(int row, int id) {
            int wanted = Math.min(parameters[row].topLogprobs(), vocabulary);
            for (int i = Math.max(0, wanted); i < width; i++) {
                putInt(topIds + 4L * (row * width + i), -1);
                putFloat(topLogprobs + 4L * (row * width + i), IMPOSSIBLE);
            }
            if (wanted < 0) {
                putFloat(logprobs + 4L * row, Float.NaN);
                return;
            }
            float[] raw = new float[vocabulary];
            copyLogits(row, raw);
            double normalizer = logSumExp(raw);
            putFloat(logprobs + 4L * row, id < vocabulary ? logprob(raw[id], normalizer) : IMPOSSIBLE);
            if (wanted > 0) {
                long[] order = new long[vocabulary];
                for (int i = 0; i < vocabulary; i++) {
                    order[i] = SampleRow.sortKey(raw[i], i);
                }
                Arrays.sort(order);
                for (int i = 0; i < wanted; i++) {
                    int top = (int) order[i];
                    putInt(topIds + 4L * (row * width + i), top);
                    putFloat(topLogprobs + 4L * (row * width + i), logprob(raw[top], normalizer));
                }
            }
        }

        private static float logprob(float logit, double normalizer) {
            double logprob = Math.min(0, logit - normalizer);
            return logprob > IMPOSSIBLE ? (float) logprob : IMPOSSIBLE;
        }

        private static double logSumExp(float[] logits) {
            float max = Float.NEGATIVE_INFINITY;
            for (float logit : logits) {
                max = Math.max(max, logit);
            }
            double sum = 0;
            for (float logit : logits) {
                sum += Math.exp(logit - (double) max);
            }
            return max + Math.log(sum);
        }
    }
}
