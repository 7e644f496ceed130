package io.dipper.cli.online;

import io.dipper.transformer.diagram.Quantities;
import java.io.PrintWriter;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/// A benchmark's run for people.
final class BenchReport {
    private final JsonNode run;
    private final JsonNode results;

    BenchReport(JsonNode run) {
        this.run = run;
        this.results = run.path("results");
    }

    void print(PrintWriter out) {
        JsonNode requests = results.path("requests");
        out.printf(
                Locale.ROOT,
                "%s, %s: run %s, %.1f s, %d requests counted: %d answered, %d failed%n",
                run.path("name").asString(),
                run.path("model").asString(),
                run.path("id").asString(),
                results.path("durationSeconds").asDouble(0),
                requests.path("counted").asInt(0),
                requests.path("succeeded").asInt(0),
                requests.path("failed").asInt(0));
        results.path("errors")
                .properties()
                .forEach(error -> out.printf(
                        "  %s: %d%n", error.getKey(), error.getValue().asInt(0)));
        latencies(out);
        JsonNode rate = results.path("outputTokensPerSecond");
        out.printf(
                Locale.ROOT,
                "%n%.1f tokens/s (95 %%: %.1f to %s)%n",
                rate.path("value").asDouble(0),
                rate.path("low").asDouble(0),
                rate.path("high").isNumber()
                        ? String.format(Locale.ROOT, "%.1f", rate.path("high").asDouble())
                        : "?");
        JsonNode memory = results.path("memory");
        if (memory.isObject()) {
            out.printf(
                    "memory: weights %s, KV reserved %s, KV peak %s, process at most %s%n",
                    bytes(memory, "weightsBytes"),
                    bytes(memory, "kvReservedBytes"),
                    bytes(memory, "kvPeakBytes"),
                    bytes(memory, "rssPeakBytes"));
        }
        verdict(out);
        out.flush();
    }

    private void latencies(PrintWriter out) {
        var table = new Table("MILLISECONDS", "P50", "P90", "P99", "P99.9", "MEAN", "MOST");
        row(table, "time to first token", "ttft");
        row(table, "between tokens", "interToken");
        row(table, "end to end", "endToEnd");
        row(table, "sent late by", "lateness");
        table.print(out);
    }

    private void row(Table table, String name, String field) {
        JsonNode latency = results.path(field);
        table.row(
                name,
                ms(latency.path("p50Ms").path("value")),
                ms(latency.path("p90Ms").path("value")),
                ms(latency.path("p99Ms").path("value")),
                ms(latency.path("p999Ms")),
                ms(latency.path("meanMs")),
                ms(latency.path("maxMs")));
    }

    private void verdict(PrintWriter out) {
        JsonNode verdict = run.path("verdict");
        if (!verdict.isObject()) {
            return;
        }
        out.println();
        out.println(verdict.path("answer").asString());
        for (JsonNode check : verdict.path("checks")) {
            out.printf(
                    "  %-9s %s: %s%n",
                    check.path("answer").asString(),
                    check.path("metric").asString(),
                    check.path("reason").asString());
        }
    }

    private static String ms(JsonNode value) {
        return String.format(Locale.ROOT, "%.2f", value.asDouble(0));
    }

    private static String bytes(JsonNode memory, String field) {
        return Quantities.bytes(memory.path(field).asLong(0));
    }
}
