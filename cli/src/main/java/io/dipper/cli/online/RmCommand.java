package io.dipper.cli.online;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "rm", description = "Removes a model and the files that only it used.")
public final class RmCommand extends OnlineCommand {
    @Parameters(paramLabel = "MODEL")
    String model;

    @Override
    int run(Platform platform) {
        platform.delete("/api/registry/models/" + Platform.segment(model));
        note("removed " + model);
        return 0;
    }
}
