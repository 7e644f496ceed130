package io.dipper.cli.online;

import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;

@Command(name = "list", description = "Models that the platform knows.")
public final class ListCommand extends OnlineCommand {
    @Override
    int run(Platform platform) {
        JsonNode models = platform.get("/api/registry/models");
        if (json) {
            print(models);
            return 0;
        }
        var table = new Table("NAME", "FAMILY", "PARAMETERS", "CONTEXT", "STATE");
        for (JsonNode model : models.path("data")) {
            table.row(
                    model.path("name").asString(""),
                    model.path("architecture").path("family").asString(""),
                    Units.count(
                            model.path("architecture").path("parametersTotal").asLong(0)),
                    Long.toString(
                            model.path("architecture").path("contextLength").asLong(0)),
                    model.path("exports").path(0).path("state").asString(""));
        }
        table.print(out());
        return 0;
    }
}
