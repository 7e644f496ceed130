package io.dipper.export;

import io.dipper.checkpoint.OperatorForms;
import io.dipper.onnxgraph.Graph;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// What came of lowering a model for a target.
public sealed interface Lowered {

    /// The graph, the weights that it asks for in the order of their bytes, and the layers that
    /// keep a cache.
    ///
    /// @param operators how many nodes of each operator of ours are ours, and how many stock ones took the place of
    record Ready(Graph graph, List<ExportedWeight> weights, KvPlan cache, SortedMap<String, OperatorForms> operators)
            implements Lowered {
        public Ready {
            weights = List.copyOf(weights);
            operators = Collections.unmodifiableSortedMap(new TreeMap<>(operators));
        }

        /// Length of `weights.bin`.
        public long weightBytes() {
            ExportedWeight last = weights.getLast();
            return last.offset() + last.bytes();
        }
    }

    /// The target cannot run the design yet: which parts of it.
    record Unsupported(Target target, List<String> parts) implements Lowered {
        public Unsupported {
            parts = List.copyOf(parts);
        }

        public String message() {
            return target + " cannot run " + String.join(", ", parts) + " yet";
        }
    }
}
