package io.dipper.operators.experts;

import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.putFloat;
import static io.dipper.operators.Memory.putInt;

/// Routes one token after another. Of equal candidates the one that comes first wins.
final class RouterRow {
    static final long NO_CORRECTION = 0;

    private final RouterShape shape;
    private final long correction;
    private final float[] scores;
    private final float[] claims;
    private final int[] chosen;
    private final float[] groupClaims;
    private final int[] groups;

    RouterRow(RouterShape shape, int experts, long correction) {
        this.shape = shape;
        this.correction = correction;
        this.scores = new float[experts];
        this.claims = new float[experts];
        this.chosen = new int[shape.used()];
        this.groupClaims = new float[shape.groups()];
        this.groups = new int[shape.chosenGroups()];
    }

    void route(long logits, long chosenAt, long weightsAt) {
        score(logits);
        for (int expert = 0; expert < scores.length; expert++) {
            claims[expert] =
                    correction == NO_CORRECTION ? scores[expert] : scores[expert] + floatAt(correction + 4L * expert);
        }
        choose();
        float total = total();
        for (int slot = 0; slot < chosen.length; slot++) {
            float weight = scores[chosen[slot]];
            if (shape.score() == RouterShape.Score.SOFTMAX_OF_CHOSEN) {
                weight = (float) Math.exp(weight - scores[chosen[0]]) / total;
            } else if (shape.normalised()) {
                weight /= total;
            }
            putInt(chosenAt + 4L * slot, chosen[slot]);
            putFloat(weightsAt + 4L * slot, weight * shape.scaling());
        }
    }

    private void score(long logits) {
        for (int expert = 0; expert < scores.length; expert++) {
            float logit = floatAt(logits + 4L * expert);
            scores[expert] =
                    shape.softcap() == 0 ? logit : shape.softcap() * (float) Math.tanh(logit / shape.softcap());
        }
        switch (shape.score()) {
            case SOFTMAX -> softmax();
            case SIGMOID -> {
                for (int expert = 0; expert < scores.length; expert++) {
                    scores[expert] = (float) (1 / (1 + Math.exp(-scores[expert])));
                }
            }
            case SOFTMAX_OF_CHOSEN -> {}
        }
    }

    private void softmax() {
        float max = Float.NEGATIVE_INFINITY;
        for (float score : scores) {
            max = Math.max(max, score);
        }
        double sum = 0;
        for (int expert = 0; expert < scores.length; expert++) {
            scores[expert] = (float) Math.exp(scores[expert] - max);
            sum += scores[expert];
        }
        for (int expert = 0; expert < scores.length; expert++) {
            scores[expert] = (float) (scores[expert] / sum);
        }
    }

    private void choose() {
        if (shape.groups() == 1) {
            best(claims, 0, claims.length, chosen, 0);
            return;
        }
        int size = claims.length / shape.groups();
        for (int group = 0; group < groupClaims.length; group++) {
            groupClaims[group] = groupClaim(group * size, size);
        }
        best(groupClaims, 0, groupClaims.length, groups, 0);
        int filled = 0;
        for (int group = 0; group < groupClaims.length; group++) {
            if (isChosen(group)) {
                filled = best(claims, group * size, (group + 1) * size, chosen, filled);
            }
        }
    }

    private boolean isChosen(int group) {
        for (int candidate : groups) {
            if (candidate == group) {
                return true;
            }
        }
        return false;
    }

    private float groupClaim(int from, int size) {
        float first = Float.NEGATIVE_INFINITY;
        float second = Float.NEGATIVE_INFINITY;
        for (int expert = from; expert < from + size; expert++) {
            if (claims[expert] > first) {
                second = first;
                first = claims[expert];
            } else if (claims[expert] > second) {
                second = claims[expert];
            }
        }
        return shape.rankByTwo() ? first + second : first;
    }

    /// Puts the candidates `from` to `to - 1` into the best so far, of which `filled` are there,
    /// and returns how many are there now. Claims that are no numbers still fill empty places.
    private static int best(float[] claims, int from, int to, int[] best, int filled) {
        int count = filled;
        for (int candidate = from; candidate < to; candidate++) {
            int place = count;
            while (place > 0 && claims[candidate] > claims[best[place - 1]]) {
                place--;
            }
            if (place < best.length) {
                count = Math.min(count + 1, best.length);
                System.arraycopy(best, place, best, place + 1, count - place - 1);
                best[place] = candidate;
            }
        }
        return count;
    }

    private float total() {
        float total = 0;
        for (int expert : chosen) {
            total += shape.score() == RouterShape.Score.SOFTMAX_OF_CHOSEN
                    ? (float) Math.exp(scores[expert] - scores[chosen[0]])
                    : scores[expert];
        }
        return total;
    }
}
