package io.dipper.engineort.benchmarks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/// Steps as means over them: a row for each kernel, and for each place in a layer.
final class TraceTable {
    private static final double NS_PER_US = 1e3;

    private final List<TracedStep> steps;

    /// @param steps at least one
    TraceTable(List<TracedStep> steps) {
        this.steps = steps;
    }

    /// All calls of one kernel with the same blocks and threads.
    ///
    /// @param calls a step
    /// @param meanUs of a call, from its start to its end
    /// @param sumUs of a step, in the same way
    /// @param addedUs of a step, without what ran beside what began earlier
    /// @param waitUs of a step, in which nothing ran before it
    record Row(
            String name,
            String shape,
            int registers,
            int sharedBytes,
            double calls,
            double meanUs,
            double sumUs,
            double addedUs,
            double waitUs) {}

    private static final class Sum {
        private final CardActivity first;
        private int calls;
        private long ns;
        private long addedNs;
        private long waitNs;

        private Sum(CardActivity first) {
            this.first = first;
        }

        private void add(TracedStep.Part part) {
            calls++;
            ns += part.activity().ns();
            addedNs += part.addedNs();
            waitNs += part.waitNs();
        }

        private Row row(double over) {
            return new Row(
                    first.name(),
                    first.shape(),
                    first.registers(),
                    first.sharedBytes(),
                    calls / over,
                    ns / NS_PER_US / calls,
                    ns / NS_PER_US / over,
                    addedNs / NS_PER_US / over,
                    waitNs / NS_PER_US / over);
        }
    }

    /// The one that adds most first.
    List<Row> rows() {
        Map<String, Sum> sums = new LinkedHashMap<>();
        for (TracedStep step : steps) {
            for (TracedStep.Part part : step.parts()) {
                sums.computeIfAbsent(key(part.activity()), _ -> new Sum(part.activity()))
                        .add(part);
            }
        }
        return sums.values().stream()
                .map(sum -> sum.row(steps.size()))
                .sorted(Comparator.comparingDouble(Row::addedUs).reversed())
                .toList();
    }

    /// A layer's calls in their order, as means over the layers and the steps; none if no layers are found.
    List<Row> layer() {
        TraceLayers found = layers();
        List<Sum> sums = new ArrayList<>();
        for (TracedStep step : steps) {
            List<TracedStep.Part> parts = step.parts();
            for (int i = found.from(); i < Math.min(found.to(), parts.size()); i++) {
                int place = (i - found.from()) % found.length();
                if (place == sums.size()) {
                    sums.add(new Sum(parts.get(i).activity()));
                }
                sums.get(place).add(parts.get(i));
            }
        }
        return sums.stream()
                .map(sum -> sum.row(steps.size() * (double) found.count()))
                .toList();
    }

    double us() {
        return mean(TracedStep::ns);
    }

    double idleUs() {
        return mean(TracedStep::idleNs);
    }

    double overlapUs() {
        return mean(TracedStep::overlapNs);
    }

    private double mean(ToLongFunction<TracedStep> of) {
        return steps.stream().mapToLong(of).average().orElse(Double.NaN) / NS_PER_US;
    }

    String text() {
        var text = new StringBuilder();
        text.append("A step is %.1f µs (mean of %d): something ran for %.1f, nothing for %.1f; two at once for %.1f%n%n"
                .formatted(us(), steps.size(), us() - idleUs(), idleUs(), overlapUs()));
        text.append(
                "| kernel | blocks x threads | calls | mean µs | sum µs | added µs | share | nothing before, µs |\n");
        text.append("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        for (Row row : rows()) {
            text.append("| %s | %s | %.1f | %.2f | %.1f | %.1f | %.1f %% | %.1f |%n"
                    .formatted(
                            row.name(),
                            row.shape(),
                            row.calls(),
                            row.meanUs(),
                            row.sumUs(),
                            row.addedUs(),
                            100 * row.addedUs() / us(),
                            row.waitUs()));
        }
        List<Row> layer = layer();
        if (!layer.isEmpty()) {
            text.append("%nA layer's calls in their order, means over %d layers and the steps:%n%n"
                    .formatted(layers().count()));
            text.append(
                    "| kernel | blocks x threads | registers | shared KiB | µs | added µs | nothing before, µs |\n");
            text.append("| --- | --- | --- | --- | --- | --- | --- |\n");
            layer.forEach(row -> text.append("| %s | %s | %d | %.1f | %.2f | %.2f | %.2f |%n"
                    .formatted(
                            row.name(),
                            row.shape(),
                            row.registers(),
                            row.sharedBytes() / 1024.0,
                            row.meanUs(),
                            row.addedUs(),
                            row.waitUs())));
        }
        return text.toString();
    }

    TraceLayers layers() {
        return TraceLayers.of(steps.getFirst().activities());
    }

    private static String key(CardActivity activity) {
        return activity.name() + " " + activity.shape();
    }
}
