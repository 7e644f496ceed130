package io.dipper.cli.offline;

import io.dipper.cli.Failure;
import io.dipper.cli.Lists;
import io.dipper.transformer.fold.Facts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "inspect",
        description = "What follows from a checkpoint's configuration: counts, attention, KV memory.")
public final class InspectCommand extends OfflineCommand {
    private static final List<Integer> CONTEXTS = List.of(4096, 32768);

    @Parameters(paramLabel = "PATH", description = "a checkpoint folder or a config.json")
    Path path;

    @Option(names = "--context", paramLabel = "N", description = "also tell the KV memory at N tokens")
    Integer context;

    @Option(names = "--json", description = "print one JSON document")
    boolean json;

    @Option(names = "--slice", paramLabel = "JSON", description = Slices.DESCRIPTION)
    String slice;

    @Override
    public Integer call() throws IOException {
        if (context != null && context < 1) {
            throw Failure.badInput("--context must be at least 1, given: " + context);
        }
        var read = design(path, slice);
        List<Integer> contexts = new ArrayList<>(CONTEXTS);
        if (context != null && !contexts.contains(context)) {
            contexts.add(context);
        }
        ObjectNode facts = Facts.of(read.model(), read.family(), read.files(), contexts);
        if (json) {
            print(facts);
        } else {
            tell(facts, "");
            out().flush();
        }
        return 0;
    }

    private void tell(JsonNode facts, String indent) {
        facts.properties().forEach(field -> {
            JsonNode value = field.getValue();
            if (value.isObject()) {
                out().println(indent + field.getKey() + ":");
                tell(value, indent + "  ");
            } else {
                out().println(indent + field.getKey() + ": " + text(value));
            }
        });
    }

    private static String text(JsonNode value) {
        if (value.isArray()) {
            return Lists.text(value);
        }
        return value.isNull() ? "none" : value.asString();
    }
}
