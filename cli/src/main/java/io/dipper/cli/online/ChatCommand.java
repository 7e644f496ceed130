package io.dipper.cli.online;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;

@Command(name = "chat", description = "A conversation with a model; an empty line or the end of input ends it.")
public final class ChatCommand extends OnlineCommand {
    @Parameters(paramLabel = "MODEL")
    String model;

    @Override
    int run(Platform platform) throws IOException {
        // Before anybody writes to a model that is not there.
        platform.get("/v1/models/" + Platform.segment(model));
        ArrayNode messages = Platform.JSON.createArrayNode();
        var chat = new ChatStream(platform, out());
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (true) {
            spec.commandLine().getErr().print("> ");
            spec.commandLine().getErr().flush();
            String line = input.readLine();
            if (line == null || line.isBlank()) {
                return 0;
            }
            messages.addObject().put("role", "user").put("content", line);
            String answer = chat.ask(model, messages);
            messages.addObject().put("role", "assistant").put("content", answer);
        }
    }
}
