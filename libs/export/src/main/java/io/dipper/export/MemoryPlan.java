package io.dipper.export;

import io.dipper.transformer.fold.Weight;
import io.dipper.transformer.fold.Weights;
import io.dipper.transformer.tree.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/// The bytes that serving a model takes: weights, the cache of each group of layers, and room for a
/// step's activations.
///
/// @param rows what must be in memory
/// @param mapped tables that stay in the mapped file, of which a token reads one row: not part of
///     the total
public record MemoryPlan(List<Row> rows, List<Row> mapped) {
    public MemoryPlan {
        rows = List.copyOf(rows);
        mapped = List.copyOf(mapped);
    }

    /// One line of the table.
    public record Row(String what, long bytes) {}

    /// What is asked for: sequences at once, tokens of each, and most tokens of one step.
    public record Load(int sequences, int contextTokens, int stepTokens) {
        public Load {
            if (sequences < 1 || contextTokens < 1 || stepTokens < 1) {
                throw new IllegalArgumentException("a load of nothing: " + sequences + " sequences of " + contextTokens
                        + " tokens, " + stepTokens + " a step");
            }
        }
    }

    public static MemoryPlan of(Model model, Target target, Load load) {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row("weights", bytes(model, target, MemoryPlan::isRead)));
        KvPlan cache = KvPlan.of(model);
        for (int group = 0; group < cache.groupWindows().size(); group++) {
            int window = cache.groupWindows().get(group);
            String what = window == KvPlan.KEEPS_ALL ? "KV, all tokens" : "KV, last " + window + " tokens";
            rows.add(new Row(what, groupBytes(cache, group, target, load)));
        }
        rows.add(new Row("workspace", workspaceBytes(model, load)));
        long tables = bytes(model, target, Weight.Use.PER_LAYER_EMBEDDING::equals);
        return new MemoryPlan(rows, tables == 0 ? List.of() : List.of(new Row("per-layer embeddings", tables)));
    }

    public long totalBytes() {
        return rows.stream().mapToLong(Row::bytes).sum();
    }

    public boolean fits(long memoryBytes) {
        return totalBytes() <= memoryBytes;
    }

    /// The longest context at which as many sequences fit; 0 if none does.
    public static int longestContext(Model model, Target target, Load load, long memoryBytes) {
        return largest(
                model.contextLength(),
                context -> of(model, target, new Load(load.sequences(), context, load.stepTokens()))
                        .fits(memoryBytes));
    }

    /// The most sequences of that context that fit, up to `most`; 0 if none does.
    public static int mostSequences(Model model, Target target, Load load, long memoryBytes, int most) {
        return largest(
                most,
                sequences -> of(model, target, new Load(sequences, load.contextTokens(), load.stepTokens()))
                        .fits(memoryBytes));
    }

    /// The largest number from 1 to `most` that holds, where all smaller ones hold too; 0 if 1 does
    /// not.
    private static int largest(int most, IntPredicate holds) {
        int good = 0;
        int bad = most + 1;
        while (bad - good > 1) {
            int middle = good + (bad - good) / 2;
            if (holds.test(middle)) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        return good;
    }

    private static boolean isRead(Weight.Use use) {
        return use != Weight.Use.IDLE && use != Weight.Use.PER_LAYER_EMBEDDING;
    }

    private static long bytes(Model model, Target target, Predicate<Weight.Use> counted) {
        return Weights.of(model).stream()
                .filter(weight -> counted.test(weight.use()))
                .mapToLong(weight -> weight.elements()
                        * target.weights(weight.shape().size()).byteSize())
                .sum();
    }

    private static long groupBytes(KvPlan cache, int group, Target target, Load load) {
        int block = target.blockTokens();
        int window = cache.groupWindows().get(group);
        long blocks = Math.ceilDiv(load.contextTokens(), block);
        if (window != KvPlan.KEEPS_ALL) {
            blocks = Math.min(blocks, ringBlocks(window, load.stepTokens(), block));
        }
        long valuesPerToken = cache.layers().stream()
                .filter(layer -> layer.group() == group)
                .mapToLong(KvPlan.Layer::valuesPerToken)
                .sum();
        return blocks
                * block
                * load.sequences()
                * valuesPerToken
                * target.cache().byteSize();
    }

    /// Blocks in which a window of tokens and a step's new ones find room wherever they begin
    /// within a block.
    static int ringBlocks(int windowTokens, int stepTokens, int blockTokens) {
        return Math.ceilDiv(windowTokens + stepTokens - 1, blockTokens) + 1;
    }

    /// The runtime keeps a few streams and the widest two values of a layer at a time, and the
    /// logits of each sequence.
    private static long workspaceBytes(Model model, Load load) {
        long widest = Weights.of(model).stream()
                .filter(weight -> weight.use() == Weight.Use.BODY)
                .mapToLong(Weight::rows)
                .max()
                .orElse(0);
        long streams = 4L * model.hidden();
        return load.stepTokens() * (streams + 2 * widest) * Float.BYTES
                + 2L * load.sequences() * model.vocabulary() * Float.BYTES;
    }
}
