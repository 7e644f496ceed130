package io.dipper.engineort.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What [StepTrace] found, as Markdown while it goes on and as JSON at its end. Times are microseconds.
final class TraceReport {
    private static final double US_PER_NS = 1e-3;

    private final ObjectNode all = JsonNodeFactory.instance.objectNode();
    private final ArrayNode traces;
    private final String model;

    TraceReport(String model, String card) {
        this.model = model;
        all.put("card", card);
        traces = all.putArray("traces");
    }

    /// Tells of steps of one size.
    ///
    /// @param heading what was traced, in words
    /// @param calls of the host in all the steps; empty if they were not recorded
    /// @return the trace's object, for what tells it apart
    ObjectNode add(String heading, List<TracedStep> steps, List<HostCall> calls) {
        var table = new TraceTable(steps);
        System.out.printf("%n### %s, %s%n", model, heading);
        System.out.print(table.text());
        ObjectNode one = traces.addObject().put("model", model).put("steps", steps.size());
        one.put("us", table.us()).put("idle_us", table.idleUs()).put("overlap_us", table.overlapUs());
        rows(one.putArray("kernels"), table.rows());
        rows(one.putArray("layer"), table.layer());
        TraceLayers layers = table.layers();
        one.put("layers", layers.count()).put("layer_from", layers.from()).put("layer_length", layers.length());
        TracedStep shown = steps.get(steps.size() / 2);
        one.put("timeline_us", shown.ns() * US_PER_NS);
        timeline(one.putArray("timeline"), shown);
        if (!calls.isEmpty()) {
            host(one.putArray("host"), calls, steps.size());
        }
        return one;
    }

    void write(Path file) throws IOException {
        Files.writeString(file, all.toPrettyString() + "\n");
    }

    private static void rows(ArrayNode into, List<TraceTable.Row> rows) {
        for (TraceTable.Row row : rows) {
            into.addObject()
                    .put("name", row.name())
                    .put("shape", row.shape())
                    .put("registers", row.registers())
                    .put("shared_bytes", row.sharedBytes())
                    .put("calls", row.calls())
                    .put("mean_us", row.meanUs())
                    .put("sum_us", row.sumUs())
                    .put("added_us", row.addedUs())
                    .put("wait_us", row.waitUs());
        }
    }

    /// One step's activities, from its start on.
    private static void timeline(ArrayNode into, TracedStep step) {
        for (CardActivity activity : step.activities()) {
            into.addObject()
                    .put("name", activity.name())
                    .put("shape", activity.shape())
                    .put("from_us", (activity.startNs() - step.startNs()) * US_PER_NS)
                    .put("to_us", (activity.endNs() - step.startNs()) * US_PER_NS);
        }
    }

    /// What the host called, all of one name together, the longest in sum first. A runtime's call contains
    /// the driver's that it makes.
    private static void host(ArrayNode into, List<HostCall> calls, int steps) {
        Map<String, List<HostCall>> byName = calls.stream().collect(Collectors.groupingBy(HostCall::name));
        System.out.printf(
                "%nWhat the host called:%n%n| call | calls | mean µs | sum µs |%n| --- | --- | --- | --- |%n");
        byName.values().stream()
                .sorted(Comparator.comparingLong(TraceReport::sumNs).reversed())
                .forEach(same -> {
                    double sumUs = sumNs(same) * US_PER_NS / steps;
                    double count = same.size() / (double) steps;
                    String name = same.getFirst().name();
                    System.out.printf("| %s | %.1f | %.2f | %.1f |%n", name, count, sumUs / count, sumUs);
                    into.addObject().put("name", name).put("calls", count).put("sum_us", sumUs);
                });
    }

    private static long sumNs(List<HostCall> calls) {
        return calls.stream().mapToLong(HostCall::ns).sum();
    }
}
