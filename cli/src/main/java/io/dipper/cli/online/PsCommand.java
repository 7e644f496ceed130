package io.dipper.cli.online;

import io.dipper.transformer.diagram.Quantities;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;

@Command(name = "ps", description = "Loaded models, their load and their memory.")
public final class PsCommand extends OnlineCommand {
    @Override
    int run(Platform platform) {
        JsonNode models = platform.get("/api/inference/models");
        if (json) {
            print(models);
            return 0;
        }
        var table = new Table(
                "NAME", "STATE", "DEVICE", "RUNNING", "WAITING", "WEIGHTS", "KV RESERVED", "KV PEAK", "PROCESS");
        for (JsonNode model : models.path("data")) {
            JsonNode memory = model.path("memory");
            table.row(
                    model.path("name").asString(""),
                    model.path("state").asString(""),
                    model.path("device").asString(""),
                    Long.toString(model.path("running").asLong(0)),
                    Long.toString(model.path("waiting").asLong(0)),
                    Quantities.bytes(memory.path("weightsBytes").asLong(0)),
                    Quantities.bytes(memory.path("kvReservedBytes").asLong(0)),
                    Quantities.bytes(memory.path("kvPeakBytes").asLong(0)),
                    Quantities.bytes(memory.path("rssBytes").asLong(0)));
        }
        table.print(out());
        for (JsonNode model : models.path("data")) {
            if (model.path("state").asString("").equals("FAILED")) {
                note(model.path("name").asString("") + ": "
                        + model.path("message").asString(""));
            }
        }
        return 0;
    }
}
