package io.dipper.cli.offline;

import io.dipper.cli.Failure;
import io.dipper.export.ExportResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "export", description = "Lowers a checkpoint to a graph that can be served.")
public final class ExportCommand extends OfflineCommand {
    @Parameters(paramLabel = "PATH", description = "a checkpoint folder")
    Path path;

    @Option(names = "--target", required = true, paramLabel = "T", description = "such as cpu-f32")
    String target;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "a folder that does not exist yet")
    Path folder;

    @Override
    public Integer call() throws IOException {
        if (Files.exists(folder)) {
            throw Failure.badInput("--out exists already: " + folder);
        }
        ExportResult result = Exports.export(path, Exports.target(target), folder, messages());
        if (!(result instanceof ExportResult.Exported)) {
            throw Failure.badInput(path + ": " + result.message());
        }
        messages().println(result.message() + " in " + folder);
        return 0;
    }
}
