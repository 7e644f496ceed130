package io.dipper.transformer.tree;

import java.util.Optional;

/// Norms between the query and key projections and the scores.
public sealed interface QkNorm {

    record None() implements QkNorm {}

    /// Each head alone, with one weight for all heads; `value` where the value heads are normalised
    /// too.
    record PerHead(Norm query, Norm key, Optional<Norm> value) implements QkNorm {
        public PerHead {
            IllFormedTree.unless(
                    query.width() == key.width(), "query norm has width %d, key norm %d", query.width(), key.width());
        }

        public PerHead(Norm queryAndKey) {
            this(queryAndKey, queryAndKey, Optional.empty());
        }
    }

    /// All heads of the projection as one vector.
    record WholeProjection(Norm query, Norm key) implements QkNorm {}

    QkNorm NONE = new None();
}
