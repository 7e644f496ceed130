package io.dipper.inference.host;

import io.dipper.chat.ChatModelFiles;
import io.dipper.checkpoint.CheckpointException;
import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.engine.DeviceLostException;
import io.dipper.engineort.prove.Proof;
import io.dipper.engineort.prove.ProofReport;
import io.dipper.engineort.prove.Prover;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import io.dipper.operators.cuda.CudaException;
import io.dipper.transformer.family.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.node.ObjectNode;

/// Proves checkpoints beside what is served: one at a time, on a runner of its own with one thread,
/// so that who is served meanwhile keeps the rest of the machine.
public final class Proofs implements AutoCloseable {
    private static final String TOKENIZER = "tokenizer.json";
    private static final int THREADS = 1;
    private static final int RETRY_AFTER_SECONDS = 30;

    private final ModelHost host;
    private final RunnerFactory runners;
    private final CardTurn cardTurn;
    private final Path scratch;
    private final Semaphore turn = new Semaphore(1);

    /// A platform thread: to read and write whole models would hold up the virtual ones.
    private final ExecutorService worker = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("proof").daemon().factory());

    /// Exports that are made for a proof alone lie under `scratch` as long as it runs.
    public Proofs(ModelHost host, RunnerFactory runners, CardTurn cardTurn, Path scratch) {
        this.host = host;
        this.runners = runners;
        this.cardTurn = cardTurn;
        this.scratch = scratch;
    }

    /// Proves the export that is served of this checkpoint, or if there is none, one that is made
    /// for it. Waits; an interrupt ends the proof.
    ///
    /// @throws RefusedException if another proof is running
    /// @throws IOException if the files could not be read or written
    public ObjectNode prove(Path checkpoint, Target target) throws IOException, InterruptedException {
        if (!turn.tryAcquire()) {
            throw new RefusedException(ApiError.tooManyRequests("another proof is running", RETRY_AFTER_SECONDS));
        }
        var given = new AtomicBoolean();
        Future<ObjectNode> report = worker.submit(() -> {
            // Whoever gave up before this began has given the turn back.
            return given.compareAndSet(false, true) ? proveInTurn(checkpoint, target) : null;
        });
        try {
            return report.get();
        } catch (InterruptedException e) {
            if (given.compareAndSet(false, true)) {
                turn.release();
            } else {
                report.cancel(true);
            }
            throw e;
        } catch (ExecutionException e) {
            throw new IOException(
                    "the proof of " + checkpoint + " failed: " + e.getCause().getMessage(), e);
        }
    }

    @Override
    public void close() {
        worker.shutdownNow();
        worker.close();
    }

    private ObjectNode proveInTurn(Path checkpoint, Target target) throws IOException, InterruptedException {
        try {
            return proveHere(checkpoint, target);
        } finally {
            turn.release();
        }
    }

    /// Files that cannot be read, and a target that this machine has no card for, are answers too: asking
    /// again would not help.
    private ObjectNode proveHere(Path checkpoint, Target target) throws IOException, InterruptedException {
        try {
            if (Files.exists(checkpoint.resolve(TOKENIZER))) {
                openChatFiles(checkpoint);
            }
            return proveFiles(checkpoint, target);
        } catch (CheckpointException e) {
            return ProofReport.refused("files", checkpoint.toString(), e.getMessage());
        } catch (DeviceLostException e) {
            host.loseDevice(e.device(), e.getMessage());
            throw e;
        } catch (CudaException e) {
            return ProofReport.refused("target", target.toString(), e.getMessage());
        }
    }

    /// A model that has a tokenizer is meant to chat: what would not load is not proven either.
    private static void openChatFiles(Path checkpoint) throws CheckpointException {
        try {
            ChatModelFiles.load(checkpoint).tokenizer().close();
        } catch (IOException e) {
            throw CheckpointException.of(checkpoint, e.getMessage(), e);
        }
    }

    private ObjectNode proveFiles(Path checkpoint, Target target) throws IOException, InterruptedException {
        Optional<Path> served = servedExport(checkpoint, target);
        if (served.isPresent()) {
            return report(checkpoint, served.get());
        }
        runners.require(target, OptionalInt.empty());
        try (var work = StagedFolder.beside(scratch.resolve("proof"))) {
            Path export = work.path().resolve("export");
            return switch (Exporter.export(checkpoint, target, export, Progress.NONE)) {
                case ExportResult.Exported _ -> report(checkpoint, export);
                case ExportResult.ConfigurationRefused(Refusal refusal) ->
                    ProofReport.refused(refusal.key(), refusal.value(), refusal.message());
                case ExportResult.WeightsRefused refused ->
                    ProofReport.refused("weights", checkpoint.toString(), refused.message());
                case ExportResult.DesignRefused refused ->
                    ProofReport.refused("design", target.toString(), refused.message());
            };
        }
    }

    private ObjectNode report(Path checkpoint, Path export) throws IOException, InterruptedException {
        Manifest manifest = Manifest.open(export);
        return cardTurn.take(manifest.target(), () -> {
            int card = manifest.target().startsWith("cuda-") ? runners.card() : 0;
            return ProofReport.of(Prover.prove(checkpoint, export, Proof.Limits.of(manifest), THREADS, card));
        });
    }

    private Optional<Path> servedExport(Path checkpoint, Target target) {
        return host.list().stream()
                .flatMap(model -> model.served().stream())
                .filter(model -> model.target().equals(target.toString()))
                .filter(model -> model.files().checkpointFolder().equals(checkpoint))
                .map(model -> model.files().exportFolder())
                .findFirst();
    }
}
