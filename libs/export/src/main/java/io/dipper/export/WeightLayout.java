package io.dipper.export;

import io.dipper.checkpoint.Manifest.Place;
import io.dipper.export.ExportedWeight.Change;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.fold.Weight;
import io.dipper.transformer.fold.Weights;
import io.dipper.transformer.tree.Model;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Gives each weight that a graph asks for its place in `weights.bin`, in the order of asking,
/// which is the order in which a step reads them.
final class WeightLayout {
    static final String FILE = "weights.bin";

    private final GraphBuilder graph;
    private final Target target;
    private final Map<String, Weight> tree = new LinkedHashMap<>();
    private final Map<String, ExportedWeight> exported = new LinkedHashMap<>();
    private final Set<String> toHost = new HashSet<>();
    private long end;

    WeightLayout(GraphBuilder graph, Target target, Model model) {
        this.graph = graph;
        this.target = target;
        Weights.of(model).forEach(weight -> tree.put(weight.path(), weight));
    }

    /// The tree's weight under its own path.
    Value take(String path) {
        return take(path, Change.NONE);
    }

    Value take(String path, Change change) {
        return take(path, change, List.of(path));
    }

    /// The tree's weight, which stays in the host's memory: only rows of it are read.
    Value takeToHost(String path) {
        toHost.add(path);
        return take(path);
    }

    /// The rows of several weights as one, so that one product serves them all.
    Value stack(String name, String... parts) {
        return take(name, Change.NONE, List.of(parts));
    }

    /// The weight if the tree has it.
    Value takeIfThere(String path) {
        return tree.containsKey(path) ? take(path) : Value.ABSENT;
    }

    Value stackIfThere(String name, String... parts) {
        return tree.containsKey(parts[0]) ? stack(name, parts) : Value.ABSENT;
    }

    private Value take(String name, Change change, List<String> parts) {
        ExportedWeight weight = exported.computeIfAbsent(name, _ -> place(name, change, parts));
        TensorType type = TensorType.of(weight.type(), weight.shape().toArray());
        return graph.external(name, type, FILE, weight.offset(), weight.bytes());
    }

    private ExportedWeight place(String name, Change change, List<String> parts) {
        List<Integer> shape = new ArrayList<>(weight(parts.getFirst()).shape());
        shape.set(0, parts.stream().mapToInt(part -> weight(part).rows()).sum());
        long offset = Math.ceilDiv(end, (long) Target.ALIGNMENT) * Target.ALIGNMENT;
        ExportedWeight placed = new ExportedWeight(
                name,
                parts,
                shape,
                target.type(weight(parts.getFirst())),
                change,
                toHost.contains(name) ? Place.HOST : Place.DEVICE,
                offset);
        end = offset + placed.bytes();
        return placed;
    }

    private Weight weight(String path) {
        Weight weight = tree.get(path);
        if (weight == null) {
            throw new IllegalStateException("the tree has no weight " + path);
        }
        return weight;
    }

    /// In the order of their offsets.
    List<ExportedWeight> weights() {
        return List.copyOf(exported.values());
    }
}
