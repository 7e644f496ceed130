package io.dipper.operators.delta;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;
import static io.dipper.operators.Memory.putFloat;
import static io.dipper.operators.Memory.store;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// One key head of one sequence, token after token: its convolution, then the matrices of the value
/// heads that share it. Nothing of it depends on other heads or sequences.
final class DeltaKernel {
    /// The reference's guard against a head of length 0.
    private static final double LENGTH_EPSILON = 1e-6;

    /// Above it, softplus is its argument.
    private static final double LINEAR_SOFTPLUS = 20;

    private final DeltaShape shape;
    private final Weights weights;
    private final long projected;
    private final long rates;
    private final long out;

    /// A token's convolved channels: query, key, values.
    private final float[] channels;

    /// The convolution's last inputs, the oldest first.
    private final float[] past;

    private final float[] query;
    private final float[] key;
    private final float[] correction;
    private final float[] answer;

    /// Addresses of the layer's small weights.
    record Weights(long convolution, long dtBias, long aLog, long norm) {}

    DeltaKernel(DeltaShape shape, Weights weights, long projected, long rates, long out) {
        this.shape = shape;
        this.weights = weights;
        this.projected = projected;
        this.rates = rates;
        this.out = out;
        this.channels = new float[shape.headChannels()];
        this.past = new float[shape.headChannels() * (shape.kernel() - 1)];
        this.query = new float[shape.keyDim()];
        this.key = new float[shape.keyDim()];
        this.correction = new float[shape.valueDim()];
        this.answer = new float[shape.valueDim()];
    }

    /// Tokens `from` to `to - 1` of one sequence.
    ///
    /// @param state address of the sequence's state
    /// @param fresh whether the sequence begins here, whatever the state holds
    void run(int keyHead, int from, int to, long state, boolean fresh) {
        long matrixBytes = 4L * shape.keyDim() * shape.valueDim();
        long matrices = state + (long) keyHead * shape.group() * matrixBytes;
        long history = state + shape.valueHeads() * matrixBytes + 4L * keyHead * past.length;
        if (fresh) {
            for (long at = matrices; at < matrices + shape.group() * matrixBytes; at += 4) {
                putFloat(at, 0);
            }
            Arrays.fill(past, 0);
        } else {
            for (int i = 0; i < past.length; i++) {
                past[i] = floatAt(history + 4L * i);
            }
        }
        for (int token = from; token < to; token++) {
            long columns = projected + 4L * ((long) token * shape.keyHeads() + keyHead) * shape.headColumns();
            convolve(keyHead, columns);
            unit(0, query, 1 / Math.sqrt(shape.keyDim()));
            unit(shape.keyDim(), key, 1);
            for (int member = 0; member < shape.group(); member++) {
                int valueHead = keyHead * shape.group() + member;
                turn(token, keyHead, member, matrices + member * matrixBytes);
                long gates = columns + 4L * (shape.headChannels() + member * shape.valueDim());
                answer(gates, out + 4L * ((long) token * shape.valueWidth() + (long) valueHead * shape.valueDim()));
            }
        }
        for (int i = 0; i < past.length; i++) {
            putFloat(history + 4L * i, past[i]);
        }
    }

    /// Each channel's weighted last inputs through SiLU; the present ones become past.
    private void convolve(int keyHead, long columns) {
        int width = shape.headChannels();
        int kernel = shape.kernel();
        for (int i = 0; i < width; i++) {
            long weight = weights.convolution() + 4L * shape.channel(keyHead, i) * kernel;
            float present = floatAt(columns + 4L * i);
            float sum = 0;
            for (int tap = 0; tap + 1 < kernel; tap++) {
                sum = Math.fma(floatAt(weight + 4L * tap), past[tap * width + i], sum);
            }
            sum = Math.fma(floatAt(weight + 4L * (kernel - 1)), present, sum);
            channels[i] = silu(sum);
            for (int tap = 0; tap + 2 < kernel; tap++) {
                past[tap * width + i] = past[(tap + 1) * width + i];
            }
            past[(kernel - 2) * width + i] = present;
        }
    }

    /// The channels from `offset` on as a vector of this length.
    private void unit(int offset, float[] head, double length) {
        float squares = 0;
        for (int i = 0; i < head.length; i++) {
            squares = Math.fma(channels[offset + i], channels[offset + i], squares);
        }
        float scale = (float) (length / Math.sqrt(squares + LENGTH_EPSILON));
        for (int i = 0; i < head.length; i++) {
            head[i] = channels[offset + i] * scale;
        }
    }

    /// Forget, correct towards the token's value, read: what is read is left in `answer`.
    private void turn(int token, int keyHead, int member, long matrix) {
        int valueHead = keyHead * shape.group() + member;
        // A key head's write strengths, then its decay rates.
        long rate = rates + 4L * (2L * token * shape.valueHeads() + 2L * keyHead * shape.group() + member);
        float strength = (float) (1 / (1 + Math.exp(-floatAt(rate))));
        double step = floatAt(rate + 4L * shape.group()) + floatAt(weights.dtBias() + 4L * valueHead);
        double softplus = step > LINEAR_SOFTPLUS ? step : Math.log1p(Math.exp(step));
        float decay = (float) Math.exp(-Math.exp(floatAt(weights.aLog() + 4L * valueHead)) * softplus);
        Arrays.fill(correction, 0);
        for (int i = 0; i < key.length; i++) {
            forget(matrix + 4L * i * shape.valueDim(), decay, key[i]);
        }
        int values = 2 * shape.keyDim() + member * shape.valueDim();
        for (int j = 0; j < correction.length; j++) {
            correction[j] = (channels[values + j] - correction[j]) * strength;
        }
        Arrays.fill(answer, 0);
        for (int i = 0; i < key.length; i++) {
            correct(matrix + 4L * i * shape.valueDim(), key[i], query[i]);
        }
    }

    /// A row of the matrix decays; what it remembers along the key is added to `correction`.
    private void forget(long row, float decay, float along) {
        FloatVector ofKey = FloatVector.broadcast(LANES, along);
        int bound = LANES.loopBound(correction.length);
        int j = 0;
        for (; j < bound; j += LANES.length()) {
            FloatVector kept = load(row + 4L * j).mul(decay);
            store(kept, row + 4L * j);
            kept.fma(ofKey, FloatVector.fromArray(LANES, correction, j)).intoArray(correction, j);
        }
        for (; j < correction.length; j++) {
            float kept = floatAt(row + 4L * j) * decay;
            putFloat(row + 4L * j, kept);
            correction[j] = Math.fma(kept, along, correction[j]);
        }
    }

    /// A row of the matrix is corrected along the key; what it then says along the query is added to
    /// `answer`.
    private void correct(long row, float alongKey, float alongQuery) {
        FloatVector ofKey = FloatVector.broadcast(LANES, alongKey);
        FloatVector ofQuery = FloatVector.broadcast(LANES, alongQuery);
        int bound = LANES.loopBound(answer.length);
        int j = 0;
        for (; j < bound; j += LANES.length()) {
            FloatVector now = FloatVector.fromArray(LANES, correction, j).fma(ofKey, load(row + 4L * j));
            store(now, row + 4L * j);
            now.fma(ofQuery, FloatVector.fromArray(LANES, answer, j)).intoArray(answer, j);
        }
        for (; j < answer.length; j++) {
            float now = Math.fma(correction[j], alongKey, floatAt(row + 4L * j));
            putFloat(row + 4L * j, now);
            answer[j] = Math.fma(now, alongQuery, answer[j]);
        }
    }

    /// The answer's RMS norm, gated.
    private void answer(long gates, long target) {
        float squares = 0;
        for (float value : answer) {
            squares = Math.fma(value, value, squares);
        }
        float scale = (float) (1 / Math.sqrt(squares / answer.length + shape.normEpsilon()));
        for (int j = 0; j < answer.length; j++) {
            float normed = floatAt(weights.norm() + 4L * j) * (answer[j] * scale);
            putFloat(target + 4L * j, normed * silu(floatAt(gates + 4L * j)));
        }
    }

    private static float silu(float x) {
        return (float) (x / (1 + Math.exp(-x)));
    }
}
