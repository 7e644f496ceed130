package io.dipper.operators.experts;

import io.dipper.onnxruntime.KernelInfo;
import java.util.Locale;

/// How a token's experts are chosen and weighed: the node's attributes.
///
/// @param used experts of a token
/// @param groups equal runs into which the experts are cut
/// @param chosenGroups best groups, whose experts alone are eligible
/// @param rankByTwo a group counts for its two best experts together, else for its best
/// @param normalised weights are divided by their sum
/// @param scaling factor of the weights, after that
/// @param softcap logits are capped to ± this by tanh; 0 caps nothing
public record RouterShape(
        int used,
        Score score,
        int groups,
        int chosenGroups,
        boolean rankByTwo,
        boolean normalised,
        float scaling,
        float softcap) {

    /// From logits to scores.
    public enum Score {
        SOFTMAX,
        SOFTMAX_OF_CHOSEN,
        SIGMOID
    }

    public static RouterShape of(KernelInfo info) {
        return new RouterShape(
                (int) info.integer("used"),
                Score.valueOf(info.text("score").toUpperCase(Locale.ROOT)),
                (int) info.integer("groups", 1),
                (int) info.integer("chosen_groups", 1),
                info.integer("rank_by_two", 0) == 1,
                info.integer("normalised", 0) == 1,
                info.decimal("scaling", 1f),
                info.decimal("softcap", 0f));
    }

    public RouterShape {
        if (used < 1 || groups < 1 || chosenGroups < 1 || chosenGroups > groups) {
            throw new IllegalArgumentException(
                    used + " experts from " + chosenGroups + " of " + groups + " groups cannot be chosen");
        }
    }

    /// Refuses a number of experts that these groups do not divide or that are too few, by an
    /// [IllegalArgumentException].
    public void check(int experts) {
        if (experts % groups != 0 || used > experts / groups * chosenGroups) {
            throw new IllegalArgumentException(
                    used + " of " + experts + " experts in " + chosenGroups + " of " + groups + " groups");
        }
    }
}
