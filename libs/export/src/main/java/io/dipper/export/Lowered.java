package io.dipper.export;

import io.dipper.onnxgraph.Graph;
import java.util.List;

/// What came of lowering a model for a target.
public sealed interface Lowered {

    /// The graph, the weights that it asks for in the order of their bytes, and the layers that
    /// keep a cache.
    record Ready(Graph graph, List<ExportedWeight> weights, KvPlan cache) implements Lowered {
        public Ready {
            weights = List.copyOf(weights);
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
