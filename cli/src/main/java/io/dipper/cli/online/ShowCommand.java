package io.dipper.cli.online;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(name = "show", description = "All that is known of a model.")
public final class ShowCommand extends OnlineCommand {
    @Parameters(paramLabel = "MODEL")
    String model;

    @Override
    int run(Platform platform) {
        JsonNode found = platform.get("/api/registry/models/" + Platform.segment(model));
        if (json) {
            print(found);
        } else {
            new ModelReport(found).print(out());
        }
        return 0;
    }
}
