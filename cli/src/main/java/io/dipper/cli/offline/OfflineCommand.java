package io.dipper.cli.offline;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.cli.Failure;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading;
import io.dipper.transformer.family.Refusal;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/// A verb on local files alone.
abstract class OfflineCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this help")
    boolean help;

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    PrintWriter messages() {
        return spec.commandLine().getErr();
    }

    /// The design of a checkpoint folder or of a config.json alone.
    static Reading.Read design(Path path) throws IOException {
        return switch (Families.read(Checkpoint.readConfig(path))) {
            case Refusal refusal -> throw Failure.badInput(path + ": " + refusal.message());
            case Reading.Read read -> read;
        };
    }

    /// The same, or that of a smaller model inside it where a slice is given.
    static Reading.Read design(Path path, @Nullable String slice) throws IOException {
        return slice == null ? design(path) : Slices.design(Checkpoint.readConfig(path), slice);
    }

    void print(JsonNode document) {
        out().println(document.toPrettyString());
        out().flush();
    }
}
