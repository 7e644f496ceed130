package io.dipper.cli.online;

import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "keys",
        description = "Keys to the platform.",
        subcommands = {KeysCommand.List.class, KeysCommand.Create.class, KeysCommand.Revoke.class})
public final class KeysCommand extends OnlineCommand {
    @Override
    int run(Platform platform) {
        return list(this, platform);
    }

    private static int list(OnlineCommand command, Platform platform) {
        JsonNode keys = platform.get("/api/keys");
        if (command.json) {
            command.print(keys);
            return 0;
        }
        var table = new Table("ID", "NAME", "ROLE", "BEGINS", "STATE");
        for (JsonNode key : keys.path("data")) {
            table.row(
                    key.path("id").asString(""),
                    key.path("name").asString(""),
                    key.path("role").asString("").toLowerCase(Locale.ROOT),
                    key.path("prefix").asString(""),
                    key.path("revokedAt").isMissingNode()
                                    || key.path("revokedAt").isNull()
                            ? "valid"
                            : "revoked");
        }
        table.print(command.out());
        return 0;
    }

    @Command(name = "list", description = "All keys, without their secrets.")
    static final class List extends OnlineCommand {
        @Override
        int run(Platform platform) {
            return list(this, platform);
        }
    }

    @Command(name = "create", description = "Makes a key and prints it: this is the only time it is shown.")
    static final class Create extends OnlineCommand {
        @Parameters(paramLabel = "NAME")
        String name;

        @Option(names = "--role", defaultValue = "user", description = "user or admin (default: user)")
        String role;

        @Override
        int run(Platform platform) {
            JsonNode made = platform.post(
                    "/api/keys",
                    Platform.JSON.createObjectNode().put("name", name).put("role", role));
            if (json) {
                print(made);
            } else {
                out().println(made.path("key").asString());
                out().flush();
                note("shown this once: keep it");
            }
            return 0;
        }
    }

    @Command(name = "revoke", description = "Makes a key worthless at once.")
    static final class Revoke extends OnlineCommand {
        @Parameters(paramLabel = "ID")
        String id;

        @Override
        int run(Platform platform) {
            platform.delete("/api/keys/" + Platform.segment(id));
            note("revoked " + id);
            return 0;
        }
    }
}
