package io.dipper.transformer.fold;

import io.dipper.transformer.fold.Weight.Use;
import io.dipper.transformer.tree.Dense;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Model;
import java.util.EnumMap;
import java.util.Map;

/// How many parameters a model has, and how many a token meets.
///
/// A tied matrix counts once. `active` counts, of a layer's routed experts, only as many as a token
/// uses.
public record Parameters(
        long total,
        long active,
        long lookupTables,
        long embedding,
        long head,
        long routedExperts,
        long routerCorrection) {

    public static Parameters of(Model model) {
        Map<Use, Long> sums = new EnumMap<>(Use.class);
        for (Weight weight : Weights.of(model)) {
            sums.merge(weight.use(), weight.elements(), Math::addExact);
        }
        long total = sums.values().stream().mapToLong(Long::longValue).reduce(0, Math::addExact);
        long embedding = sums.getOrDefault(Use.EMBEDDING, 0L);
        long tables = sums.getOrDefault(Use.POSITIONS, 0L) + sums.getOrDefault(Use.PER_LAYER_EMBEDDING, 0L);
        return new Parameters(
                total,
                total - idleExperts(model),
                tables + (model.head().tied() ? 0 : embedding),
                embedding,
                sums.getOrDefault(Use.HEAD, 0L),
                sums.getOrDefault(Use.EXPERT, 0L),
                sums.getOrDefault(Use.ROUTER_CORRECTION, 0L));
    }

    /// Active without the tables of which a token only looks up a row; a tied matrix stays, it is
    /// the head.
    public long activeWithoutLookups() {
        return active - lookupTables;
    }

    public long activeWithoutEmbeddingsAndHead() {
        return active - withEmbeddings();
    }

    public long totalWithoutEmbeddingsAndHead() {
        return total - withEmbeddings();
    }

    private long withEmbeddings() {
        // With a tied head the token embedding is not among the lookup tables.
        long tiedMatrix = head == 0 ? embedding : 0;
        return lookupTables + head + tiedMatrix;
    }

    private static long idleExperts(Model model) {
        return model.blocks().stream()
                .map(block -> block.feedForward())
                .mapToLong(feedForward -> switch (feedForward) {
                    case Experts experts ->
                        (long) (experts.router().experts() - experts.router().used()) * expertSize(experts);
                    case Gated _, Dense _ -> 0;
                })
                .sum();
    }

    static long expertSize(Experts experts) {
        var expert = experts.expert();
        long matrices = 3L * expert.hidden() * expert.intermediate();
        return matrices + (expert.biased() ? 2L * expert.intermediate() + expert.hidden() : 0);
    }
}
