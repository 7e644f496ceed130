package io.dipper.export;

import io.dipper.export.MemoryPlan.Load;
import io.dipper.export.MemoryPlan.Row;
import io.dipper.onnxgraph.Graph;
import io.dipper.transformer.fold.Weight;
import io.dipper.transformer.fold.Weights;
import io.dipper.transformer.tree.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Plans the memory of one model on one target for any number of loads. What 63 bits cannot count is an
/// [ArithmeticException], never a small number.
final class MemoryPlanner {
    private final Model model;
    private final Target target;
    private final List<Weight> weights;
    private final KvPlan cache;
    private final Optional<Lowered.Ready> lowered;

    MemoryPlanner(Model model, Target target) {
        this.model = model;
        this.target = target;
        this.weights = Weights.of(model);
        this.cache = KvPlan.of(model);
        this.lowered =
                Lowering.lower(model, target) instanceof Lowered.Ready ready ? Optional.of(ready) : Optional.empty();
    }

    MemoryPlan plan(Load load) {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row("weights", bytes(MemoryPlanner::isRead)));
        for (int group = 0; group < cache.groupWindows().size(); group++) {
            int window = cache.groupWindows().get(group);
            String what = switch (window) {
                case KvPlan.KEEPS_ALL -> "KV, all tokens";
                case KvPlan.STATE -> "KV, a state a sequence";
                default -> "KV, last " + window + " tokens";
            };
            rows.add(new Row(what, groupBytes(group, load)));
        }
        rows.add(new Row(
                "workspace",
                lowered.map(ready -> workspace(ready.graph(), load)).orElseGet(() -> estimatedWorkspace(load))));
        long tables = bytes(Weight.Use.PER_LAYER_EMBEDDING::equals);
        return new MemoryPlan(rows, tables == 0 ? List.of() : List.of(new Row("per-layer embeddings", tables)));
    }

    private long workspace(Graph graph, Load load) {
        if (!target.hasCardForms()) {
            long libraries = target.runsOnCard() ? CardWorkspace.LIBRARIES_BYTES : 0;
            return Math.addExact(libraries, new Workspace(graph).bytes(Workspace.sizes(load)));
        }
        return CardWorkspace.of(graph).bytes(load.stepTokens(), load.sequences());
    }

    private static boolean isRead(Weight.Use use) {
        return use != Weight.Use.IDLE && use != Weight.Use.PER_LAYER_EMBEDDING;
    }

    private long bytes(Predicate<Weight.Use> counted) {
        return weights.stream()
                .filter(weight -> counted.test(weight.use()))
                .mapToLong(weight -> Math.multiplyExact(
                        weight.elements(), target.type(weight).byteSize()))
                .reduce(0, Math::addExact);
    }

    private long groupBytes(int group, Load load) {
        if (cache.isState(group)) {
            return Math.multiplyExact(states(load) + target.spareBlocks(), stateBytes());
        }
        long blockBytes = target.blockTokens()
                * valuesPerToken(layer -> layer.group() == group)
                * target.cache().byteSize();
        long blocks = blocks(cache.groupWindows().get(group), load) + target.spareBlocks();
        return Math.multiplyExact(blocks, blockBytes);
    }

    /// As the engine sets them aside: as many as the bytes allow for all layers alike, and no more than
    /// the sequences can fill.
    private long blocks(int window, Load load) {
        int block = target.blockTokens();
        long tokenBytes = Math.max(
                1,
                valuesPerToken(layer -> !cache.isState(layer.group()))
                        * target.cache().byteSize());
        long perSequence = Math.ceilDiv(load.contextTokens(), block);
        long affordable = load.kvBytes() == Load.UNLIMITED
                ? Long.MAX_VALUE
                : (load.kvBytes() - states(load) * stateBytes()) / (tokenBytes * block);
        if (window == KvPlan.KEEPS_ALL) {
            return Math.min(affordable, perSequence * load.sequences());
        }
        long ring = Math.min(perSequence, ringBlocks(window, load.stepTokens(), block));
        return Math.min(affordable, ring * load.sequences());
    }

    private long stateBytes() {
        return valuesPerToken(layer -> cache.isState(layer.group()))
                * target.state().byteSize();
    }

    /// Sequences whose states are set aside: at most half of what keys, values and states may take.
    private long states(Load load) {
        long bytes = stateBytes();
        return bytes == 0 ? 0 : Math.clamp(load.kvBytes() / 2 / bytes, 1, load.sequences());
    }

    private long valuesPerToken(Predicate<KvPlan.Layer> which) {
        return cache.layers().stream()
                .filter(which)
                .mapToLong(KvPlan.Layer::valuesPerToken)
                .sum();
    }

    /// Blocks in which a window of tokens and a step's new ones find room wherever they begin
    /// within a block.
    private static long ringBlocks(long windowTokens, int stepTokens, int blockTokens) {
        return Math.ceilDiv(windowTokens + stepTokens - 1, blockTokens) + 1;
    }

    /// Where there is no graph yet: a few streams, the widest two values of a layer at a time, and the
    /// logits of each sequence.
    private long estimatedWorkspace(Load load) {
        long widest = weights.stream()
                .filter(weight -> weight.use() == Weight.Use.BODY)
                .mapToLong(Weight::rows)
                .max()
                .orElse(0);
        long streams = 4L * model.hidden();
        long activations = Math.multiplyExact(load.stepTokens() * (long) Float.BYTES, streams + 2 * widest);
        long logits = Math.multiplyExact(2L * load.sequences() * Float.BYTES, (long) model.vocabulary());
        return Math.addExact(activations, logits);
    }
}
