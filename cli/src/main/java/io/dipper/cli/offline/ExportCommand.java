package io.dipper.cli.offline;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.cli.Failure;
import io.dipper.export.ExportResult;
import io.dipper.export.RandomWeights;
import io.dipper.export.Target;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading;
import io.dipper.transformer.family.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(name = "export", description = "Lowers a checkpoint to a graph that can be served.")
public final class ExportCommand extends OfflineCommand {
    @Parameters(paramLabel = "PATH", description = "a checkpoint folder; with --random-weights a config.json does")
    Path path;

    @Option(names = "--target", required = true, paramLabel = "T", description = "such as cpu-f32")
    String target;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "a folder that does not exist yet")
    Path folder;

    @Option(
            names = "--random-weights",
            description = "weights drawn by --seed instead of a checkpoint's, to study latency and memory")
    boolean randomWeights;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "N", description = "of the random weights (default: 0)")
    long seed;

    @Option(
            names = "--set",
            paramLabel = "KEY=JSON",
            description =
                    "with --random-weights: a key of the configuration set otherwise, such as num_hidden_layers=12; may be repeated")
    Map<String, String> changes = Map.of();

    @Override
    public Integer call() throws IOException {
        if (Files.exists(folder)) {
            throw Failure.badInput("--out exists already: " + folder);
        }
        if (!randomWeights && !changes.isEmpty()) {
            throw Failure.badInput("--set changes a configuration, which only --random-weights has weights for");
        }
        Target chosen = Exports.target(target);
        ExportResult result = randomWeights ? random(chosen) : Exports.export(path, chosen, folder, messages());
        if (!(result instanceof ExportResult.Exported)) {
            throw Failure.badInput(path + ": " + result.message());
        }
        messages().println(result.message() + " in " + folder);
        return 0;
    }

    /// Through a checkpoint that is written beside the export and gone afterwards.
    private ExportResult random(Target chosen) throws IOException {
        JsonNode config = ConfigurationChanges.apply(Checkpoint.readConfig(path), changes);
        Reading.Read design = switch (Families.read(config)) {
            case Refusal refusal -> throw Failure.badInput(path + ": " + refusal.message());
            case Reading.Read read -> read;
        };
        try (StagedFolder scratch = StagedFolder.beside(folder)) {
            Path checkpoint = scratch.path().resolve("checkpoint");
            Exports.shown(messages(), progress -> {
                RandomWeights.write(config, design, seed, checkpoint, progress);
                return null;
            });
            return Exports.export(checkpoint, chosen, folder, messages());
        }
    }
}
