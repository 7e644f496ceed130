package io.dipper.cli.online;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;

@Command(name = "run", description = "Asks a model one thing and streams its answer.")
public final class RunCommand extends OnlineCommand {
    @Parameters(index = "0", paramLabel = "MODEL")
    String model;

    @Parameters(index = "1", paramLabel = "PROMPT")
    String prompt;

    @Override
    int run(Platform platform) throws IOException {
        ArrayNode messages = Platform.JSON.createArrayNode();
        messages.addObject().put("role", "user").put("content", prompt);
        new ChatStream(platform, out()).ask(model, messages);
        return 0;
    }
}
