package io.dipper.cli.offline;

import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.cli.ExitCode;
import io.dipper.cli.Failure;
import io.dipper.engineort.Cards;
import io.dipper.engineort.prove.Proof;
import io.dipper.engineort.prove.ProofReport;
import io.dipper.engineort.prove.Prover;
import io.dipper.export.ExportResult;
import io.dipper.export.Target;
import io.dipper.transformer.family.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "prove",
        description = "Compares what is served with a reference's answers (expected.safetensors).",
        footer = "Exit code: 0 PASS, 1 FAIL, 2 REFUSED, 3 AMBIGUOUS.")
public final class ProveCommand extends OfflineCommand {
    @Parameters(
            paramLabel = "PATH",
            description = "a checkpoint folder; without expected.safetensors it is only compared with itself")
    Path path;

    @Option(names = "--target", defaultValue = "cpu-f32", paramLabel = "T", description = "default: cpu-f32")
    String target;

    @Option(
            names = "--limit",
            paramLabel = "X",
            description = "most that a logit may differ from the reference's (default: the target's and design's)")
    Double limit;

    @Option(names = "--json", description = "print one JSON document")
    boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (limit != null && !(limit >= 0 && Double.isFinite(limit))) {
            throw Failure.badInput("--limit must be a number from 0, given: " + limit);
        }
        Target chosen = Exports.target(target);
        if (chosen.runsOnCard()) {
            Cards.describe(0);
        }
        Path work = Files.createTempDirectory("dipper-prove-");
        try {
            Path export = work.resolve("export");
            return switch (Exports.export(path, chosen, export, messages())) {
                case ExportResult.Exported _ -> report(Prover.prove(path, export, limits(export)));
                case ExportResult.ConfigurationRefused(Refusal refusal) ->
                    refused(refusal.key(), refusal.value(), refusal.message());
                case ExportResult.WeightsRefused refused -> refused("weights", path.toString(), refused.message());
                case ExportResult.DesignRefused refused -> refused("design", target, refused.message());
            };
        } finally {
            StagedFolder.deleteTree(work);
        }
    }

    private Proof.Limits limits(Path export) throws IOException {
        Proof.Limits standard = Proof.Limits.of(Manifest.open(export));
        return limit == null ? standard : standard.withLogits(limit);
    }

    private int report(Proof proof) {
        if (proof.reference() == null) {
            messages().println("There is no expected.safetensors: the model was compared with itself only.");
            messages().flush();
        }
        show(ProofReport.of(proof));
        return switch (proof.verdict()) {
            case PASS -> ExitCode.GOOD;
            case FAIL -> ExitCode.NO;
            case AMBIGUOUS -> ExitCode.UNDECIDED;
        };
    }

    private int refused(String key, String value, String reason) {
        show(ProofReport.refused(key, value, reason));
        return ExitCode.BAD_INPUT;
    }

    private void show(ObjectNode document) {
        if (json) {
            print(document);
        } else {
            document.properties().forEach(field -> out().println(field.getKey() + ": " + field.getValue()));
            out().flush();
        }
    }
}
