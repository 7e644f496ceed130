package io.dipper.cli.online;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "unload", description = "Takes a model off the inference service.")
public final class UnloadCommand extends OnlineCommand {
    @Parameters(paramLabel = "MODEL")
    String model;

    @Override
    int run(Platform platform) {
        platform.post("/api/inference/models/" + Platform.segment(model) + "/unload", Platform.JSON.createObjectNode());
        note("unloaded " + model);
        return 0;
    }
}
