package io.dipper.cli.offline;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.cli.Failure;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.RandomWeights;
import io.dipper.export.SliceWriter;
import io.dipper.export.Target;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading;
import io.dipper.transformer.family.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(name = "export", description = "Lowers a checkpoint to a graph that can be served.")
public final class ExportCommand extends OfflineCommand {
    @Parameters(paramLabel = "PATH", description = "a checkpoint folder; with --random-weights a config.json does")
    Path path;

    @Option(
            names = "--target",
            required = true,
            paramLabel = "T",
            description = "cpu-f32, cuda-bf16; of stock operators only: onnx-standard, cuda-standard-bf16")
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

    @Option(names = "--slice", paramLabel = "JSON", description = Slices.DESCRIPTION)
    String slice;

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description = "with --slice or --random-weights: a folder that keeps the checkpoint which was made")
    Path made;

    @Override
    public Integer call() throws IOException {
        if (Files.exists(folder)) {
            throw Failure.badInput("--out exists already: " + folder);
        }
        if (randomWeights && slice != null) {
            throw Failure.badInput("--slice cuts a checkpoint's weights, --random-weights has none: use one of them");
        }
        if (made != null && !randomWeights && slice == null) {
            throw Failure.badInput("--checkpoint keeps what --slice or --random-weights makes");
        }
        if (made != null && Files.exists(made)) {
            throw Failure.badInput("--checkpoint exists already: " + made);
        }
        if (!randomWeights && !changes.isEmpty()) {
            throw Failure.badInput("--set changes a configuration, which only --random-weights has weights for");
        }
        Target chosen = Exports.target(target);
        ExportResult result = export(chosen);
        if (!(result instanceof ExportResult.Exported)) {
            throw Failure.badInput(path + ": " + result.message());
        }
        messages().println(result.message() + " in " + folder);
        return 0;
    }

    private ExportResult export(Target chosen) throws IOException {
        if (randomWeights) {
            return made == null ? drawn(chosen) : through(chosen, random());
        }
        return slice == null ? Exports.export(path, chosen, folder, messages()) : through(chosen, sliced());
    }

    /// Writes a checkpoint to a folder.
    private interface Maker {
        void make(Path checkpoint, Progress progress) throws IOException;
    }

    /// Through a checkpoint that is written first: kept where it was asked for, else beside the export
    /// and gone afterwards.
    private ExportResult through(Target chosen, Maker maker) throws IOException {
        try (StagedFolder scratch = StagedFolder.beside(folder)) {
            Path checkpoint = made == null ? scratch.path().resolve("checkpoint") : made;
            Exports.shown(messages(), progress -> {
                maker.make(checkpoint, progress);
                return null;
            });
            return Exports.export(checkpoint, chosen, folder, messages());
        }
    }

    private Maker sliced() throws IOException {
        JsonNode wanted = Slices.read(slice);
        return (checkpoint, progress) -> {
            Optional<Refusal> refusal = SliceWriter.write(path, wanted, checkpoint, progress);
            if (refusal.isPresent()) {
                throw Slices.refused(refusal.get());
            }
        };
    }

    private ExportResult drawn(Target chosen) throws IOException {
        Reading.Read design = design(configuration());
        return Exports.shown(messages(), progress -> Exporter.exportRandom(design, seed, chosen, folder, progress));
    }

    private Maker random() throws IOException {
        JsonNode config = configuration();
        Reading.Read design = design(config);
        return (checkpoint, progress) -> RandomWeights.write(config, design, seed, checkpoint, progress);
    }

    private JsonNode configuration() throws IOException {
        return ConfigurationChanges.apply(Checkpoint.readConfig(path), changes);
    }

    private Reading.Read design(JsonNode config) {
        return switch (Families.read(config)) {
            case Refusal refusal -> throw Failure.badInput(path + ": " + refusal.message());
            case Reading.Read read -> read;
        };
    }
}
