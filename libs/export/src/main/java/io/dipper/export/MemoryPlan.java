package io.dipper.export;

import io.dipper.transformer.tree.Model;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/// The bytes that serving a model takes: weights, the cache of each group of layers, and room for a
/// step's activations.
///
/// @param rows what must be in memory
/// @param mapped tables that stay in the host's memory, of which a token reads one row: the mapped
///     file, or page-locked memory that a card reaches. Not part of the total, which on a card is the
///     card's
public record MemoryPlan(List<Row> rows, List<Row> mapped) {
    public MemoryPlan {
        rows = List.copyOf(rows);
        mapped = List.copyOf(mapped);
    }

    /// One line of the table.
    public record Row(String what, long bytes) {}

    /// What is asked for: sequences at once, tokens of each, and most tokens of one step.
    ///
    /// @param kvBytes most that keys and values may take; what is asked for beyond is not set aside
    public record Load(int sequences, int contextTokens, int stepTokens, long kvBytes) {
        static final long UNLIMITED = Long.MAX_VALUE;

        public Load(int sequences, int contextTokens, int stepTokens) {
            this(sequences, contextTokens, stepTokens, UNLIMITED);
        }

        public Load {
            if (sequences < 1 || contextTokens < 1 || stepTokens < 1 || kvBytes < 1) {
                throw new IllegalArgumentException("a load of nothing: " + sequences + " sequences of " + contextTokens
                        + " tokens, " + stepTokens + " a step");
            }
        }
    }

    /// Plans one load.
    ///
    /// @throws ArithmeticException for more bytes than 63 bits count
    public static MemoryPlan of(Model model, Target target, Load load) {
        return new MemoryPlanner(model, target).plan(load);
    }

    public long totalBytes() {
        return total(rows.stream());
    }

    /// What is set aside for keys and values, over all groups of layers.
    public long keyValueBytes() {
        return total(rows.stream().filter(row -> row.what().startsWith("KV")));
    }

    private static long total(Stream<Row> rows) {
        return rows.mapToLong(Row::bytes).reduce(0, Math::addExact);
    }

    public boolean fits(long memoryBytes) {
        return totalBytes() <= memoryBytes;
    }

    /// The longest context at which as many sequences fit; 0 if none does.
    public static int longestContext(Model model, Target target, Load load, long memoryBytes) {
        MemoryPlanner planner = new MemoryPlanner(model, target);
        return largest(
                model.contextLength(),
                context -> fits(planner, new Load(load.sequences(), context, load.stepTokens()), memoryBytes));
    }

    /// The most sequences of that context that fit, up to `most`; 0 if none does.
    public static int mostSequences(Model model, Target target, Load load, long memoryBytes, int most) {
        MemoryPlanner planner = new MemoryPlanner(model, target);
        return largest(
                most,
                sequences -> fits(planner, new Load(sequences, load.contextTokens(), load.stepTokens()), memoryBytes));
    }

    private static boolean fits(MemoryPlanner planner, Load load, long memoryBytes) {
        try {
            return planner.plan(load).fits(memoryBytes);
        } catch (ArithmeticException _) {
            return false;
        }
    }

    /// The largest number from 1 to `most` that holds, where all smaller ones hold too; 0 if 1 does
    /// not.
    private static int largest(int most, IntPredicate holds) {
        int good = 0;
        long bad = most + 1L;
        while (bad - good > 1) {
            int middle = (int) (good + (bad - good) / 2);
            if (holds.test(middle)) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        return good;
    }
}
