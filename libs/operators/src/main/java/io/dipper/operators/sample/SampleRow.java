package io.dipper.operators.sample;

import java.util.Arrays;

/// Chooses one token: bias, penalties, then argmax if greedy, else temperature, top-k, top-p, min-p
/// and one draw.
///
/// The draw is a race: of the kept tokens, each with probability p, the one with the least Exp(1) /
/// p wins. The exponential numbers come from [Philox], one a token, so neither order nor company of
/// the tokens matters, and a last bit that differs in some logit hardly ever changes the winner.
final class SampleRow {
    private final float[] logits;
    private final int[] block = new int[4];
    private int[] kept = {};

    /// @param logits adjusted in place by [#adjust]
    SampleRow(float[] logits) {
        this.logits = logits;
    }

    void addBias(int id, float value) {
        if (id >= 0 && id < logits.length) {
            logits[id] += value;
        }
    }

    /// @param count times that the id was generated
    void penalise(int id, int count, SampleParameters parameters) {
        if (id < 0 || id >= logits.length) {
            return;
        }
        float logit = logits[id];
        if (parameters.repetitionPenalty() != 1) {
            logit = logit > 0 ? logit / parameters.repetitionPenalty() : logit * parameters.repetitionPenalty();
        }
        if (count > 0) {
            logit -= parameters.presencePenalty() + parameters.frequencyPenalty() * count;
        }
        logits[id] = logit;
    }

    int choose(SampleParameters parameters) {
        return parameters.isGreedy() ? argmax() : draw(parameters);
    }

    /// The lowest id wins ties.
    private int argmax() {
        int best = 0;
        for (int id = 1; id < logits.length; id++) {
            if (logits[id] > logits[best]) {
                best = id;
            }
        }
        return best;
    }

    private int draw(SampleParameters parameters) {
        float max = logits[argmax()];
        keepLikeliest(parameters.topK());
        double[] weights = new double[kept.length];
        double total = 0;
        for (int i = 0; i < kept.length; i++) {
            weights[i] = Math.exp((logits[kept[i]] - (double) max) / parameters.temperature());
            total += weights[i];
        }
        int count = nucleus(weights, total, parameters.topP());
        int winner = kept[0];
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            // The likeliest token has weight 1.
            if (weights[i] > 0 && weights[i] >= parameters.minP()) {
                double time = -Math.log(uniform(parameters, kept[i])) / weights[i];
                if (time < least) {
                    least = time;
                    winner = kept[i];
                }
            }
        }
        return winner;
    }

    /// How many of the kept tokens, likeliest first, hold the mass `topP`; all, in any order, if
    /// nothing is cut.
    private static int nucleus(double[] weights, double total, float topP) {
        if (topP >= 1) {
            return weights.length;
        }
        double mass = 0;
        for (int i = 0; i < weights.length; i++) {
            mass += weights[i];
            if (mass >= topP * total) {
                return i + 1;
            }
        }
        return weights.length;
    }

    /// Fills `kept` with the `topK` likeliest ids (all for 0), likeliest first, lower ids first
    /// among equals.
    private void keepLikeliest(int topK) {
        long[] order = new long[logits.length];
        for (int id = 0; id < order.length; id++) {
            order[id] = sortKey(logits[id], id);
        }
        Arrays.sort(order);
        int count = topK == 0 ? order.length : Math.min(topK, order.length);
        kept = new int[count];
        for (int i = 0; i < count; i++) {
            kept[i] = (int) order[i];
        }
    }

    /// Ascending keys are descending logits, then ascending ids.
    static long sortKey(float logit, int id) {
        int bits = Float.floatToIntBits(logit + 0f);
        int ascending = bits ^ ((bits >> 31) & 0x7FFFFFFF);
        return ((long) ~ascending << 32) | id;
    }

    private double uniform(SampleParameters parameters, int id) {
        block[0] = id;
        block[1] = (int) parameters.position();
        block[2] = (int) (parameters.position() >>> 32);
        block[3] = 0;
        Philox.apply(block, (int) parameters.seed(), (int) (parameters.seed() >>> 32));
        return Philox.uniform(block[0]);
    }
}
