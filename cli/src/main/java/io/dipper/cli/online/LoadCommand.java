package io.dipper.cli.online;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "load", description = "Loads a model on the inference service.")
public final class LoadCommand extends OnlineCommand {
    @Parameters(paramLabel = "MODEL")
    String model;

    @Override
    int run(Platform platform) {
        var answer = platform.post("/api/inference/models/" + model + "/load", Platform.JSON.createObjectNode());
        if (json) {
            print(answer);
        } else {
            note("loaded " + model);
        }
        return 0;
    }
}
