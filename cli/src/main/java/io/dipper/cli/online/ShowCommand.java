package io.dipper.cli.online;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "show", description = "All that is known of a model.")
public final class ShowCommand extends OnlineCommand {
    @Parameters(paramLabel = "MODEL")
    String model;

    @Override
    int run(Platform platform) {
        print(platform.get("/api/registry/models/" + Platform.segment(model)));
        return 0;
    }
}
