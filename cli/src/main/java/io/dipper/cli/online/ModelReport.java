package io.dipper.cli.online;

import io.dipper.cli.Lists;
import io.dipper.transformer.diagram.Quantities;
import java.io.PrintWriter;
import tools.jackson.databind.JsonNode;

/// What is known of a model, for people.
final class ModelReport {
    private final JsonNode model;

    ModelReport(JsonNode model) {
        this.model = model;
    }

    void print(PrintWriter out) {
        facts().print(out);
        out.println();
        var files = new Table("FILE", "SIZE", "SHA-256");
        for (JsonNode file : model.path("files")) {
            files.row(
                    file.path("name").asString(""),
                    bytes(file.path("bytes")),
                    file.path("sha256").asString(""));
        }
        files.print(out);
        out.println();
        exports().print(out);
    }

    private Table facts() {
        JsonNode architecture = model.path("architecture");
        var table = new Table("NAME", model.path("name").asString(""));
        table.row("family", architecture.path("family").asString(""));
        table.row("parameters", count(architecture, "parametersTotal"));
        table.row("active", count(architecture, "parametersActive"));
        table.row("attention", Lists.text(model.path("facts").path("attention_kind_per_layer")));
        table.row(
                "context", Quantities.tokens(architecture.path("contextLength").asLong(0)) + " tokens");
        table.row("KV a token", bytes(architecture.path("kvBytesPerToken")));
        table.row("size", bytes(model.path("bytes")));
        table.row("source", model.path("source").asString(""));
        table.row("digest", model.path("digest").asString(""));
        return table;
    }

    private Table exports() {
        var table = new Table(
                "EXPORT", "STATE", "LAST PROOF", "SIZE", "KV PREDICTED", "KV HELD", "TOTAL PREDICTED", "TOTAL HELD");
        for (JsonNode export : model.path("exports")) {
            JsonNode memory = export.path("memory");
            table.row(
                    export.path("target").asString(""),
                    export.path("state").asString(""),
                    export.path("proofs").path(0).path("verdict").asString("none"),
                    bytes(export.path("bytes")),
                    known(memory.path("predictedKvBytes")),
                    known(memory.path("reservedKvBytes")),
                    known(memory.path("predictedTotalBytes")),
                    known(memory.path("peakTotalBytes")));
        }
        return table;
    }

    private static String count(JsonNode architecture, String field) {
        return Quantities.count(architecture.path(field).asLong(0));
    }

    private static String bytes(JsonNode value) {
        return Quantities.bytes(value.asLong(0));
    }

    /// 0 until an engine ran the export.
    private static String known(JsonNode value) {
        return value.asLong(0) == 0 ? "unknown" : bytes(value);
    }
}
