package io.dipper.registry.imports;

import io.dipper.checkpoint.CheckpointFiles;
import io.dipper.checkpoint.Digests;
import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.checkpoint.StoredFile;
import io.dipper.checkpoint.hub.HubCache;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import io.dipper.registry.catalogue.CatalogueStore;
import io.dipper.registry.catalogue.ModelFolders;
import io.dipper.registry.catalogue.NewVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// One import, from its source to the catalogue's rows. Every step finds out what is done already,
/// so that running the task again after any end of the last run continues it; nothing is visible
/// before all of it is.
final class ImportTask {
    private static final Target TARGET = Target.CPU_F32;

    /// What a task works with.
    record Tools(CatalogueStore catalogue, ModelFolders folders, HubCache hub) {}

    /// Where the files can be read, and what they are pinned to.
    private record Origin(Path folder, String source, boolean linkable) {}

    private final ImportStore.Claimed job;
    private final JobReport report;
    private final Tools tools;

    ImportTask(ImportStore.Claimed job, JobReport report, Tools tools) {
        this.job = job;
        this.report = report;
        this.tools = tools;
    }

    void run() throws IOException, ImportRefusedException {
        report.enter(ImportState.COPYING, "looks at the source");
        Origin origin = locate();
        // Headers are cheap to read: what cannot be served is refused before gigabytes are moved.
        CheckedCheckpoint.of(origin.folder());
        List<StoredFile> files =
                Digests.of(origin.folder(), CheckpointFiles.list(origin.folder()), report.summed(origin.folder()));
        String digest = Digests.combined(files);
        report.digest(digest);
        Optional<CatalogueStore.Stored> known =
                report.patiently(() -> tools.catalogue().find(job.name(), digest));
        if (known.isPresent() && tools.folders().isComplete(known.get().folder(), TARGET.toString())) {
            report.patiently(() -> tools.catalogue().choose(known.get().versionId()));
            report.enter(ImportState.READY, "was there already");
            return;
        }
        String folder = known.map(CatalogueStore.Stored::folder)
                .or(() -> report.patiently(() -> tools.catalogue().folderOf(digest)))
                .orElseGet(() -> ModelFolders.name(job.name(), digest));
        try {
            bringIn(origin, files, digest, folder);
        } catch (IOException | ImportRefusedException | RuntimeException e) {
            clean(folder, e);
            throw e;
        }
    }

    private Origin locate() throws IOException, ImportRefusedException {
        return switch (ImportSource.parse(job.source(), job.revision())) {
            case ImportSource.Folder(var path) -> {
                if (!Files.isDirectory(path)) {
                    throw new ImportRefusedException(path + ": there is no such folder");
                }
                yield new Origin(path, job.source(), false);
            }
            case ImportSource.Hub(var repo, var revision) -> {
                Path snapshot = tools.hub().pull(repo, revision, report.progress());
                yield new Origin(snapshot, job.source() + "@" + snapshot.getFileName(), true);
            }
        };
    }

    private void bringIn(Origin origin, List<StoredFile> files, String digest, String folder)
            throws IOException, ImportRefusedException {
        Path checkpoint = tools.folders().checkpoint(folder);
        CheckpointCopy.copy(origin.folder(), files, checkpoint, origin.linkable(), report.progress());
        report.enter(ImportState.CHECKING, "compares configuration and weights");
        CheckedCheckpoint checked = CheckedCheckpoint.of(checkpoint);
        report.enter(ImportState.EXPORTING, "exports for " + TARGET);
        NewVersion.NewExport export = export(checkpoint, tools.folders().export(folder, TARGET.toString()), digest);
        var version = new NewVersion(
                job.name(), digest, origin.source(), folder, files, checked.architecture(), checked.facts(), export);
        if (!report.patiently(() -> tools.catalogue().add(version))) {
            throw new IOException("the files were removed together with another model meanwhile: import again");
        }
        report.enter(ImportState.READY, "");
    }

    private NewVersion.NewExport export(Path checkpoint, Path out, String digest)
            throws IOException, ImportRefusedException {
        long startNs = System.nanoTime();
        if (Files.exists(out) && !isExportOf(out, digest)) {
            StagedFolder.deleteTree(out);
        }
        if (!Files.exists(out)) {
            ExportResult result = Exporter.export(checkpoint, TARGET, out, report.progress());
            if (!(result instanceof ExportResult.Exported)) {
                throw new ImportRefusedException("cannot be exported for " + TARGET + ": " + result.message());
            }
        }
        long bytes =
                Manifest.open(out).files().stream().mapToLong(StoredFile::bytes).sum();
        double seconds = (System.nanoTime() - startNs) / (double) TimeUnit.SECONDS.toNanos(1);
        return new NewVersion.NewExport(TARGET.toString(), bytes, seconds);
    }

    private static boolean isExportOf(Path out, String digest) {
        try {
            return Manifest.open(out).source().equals(digest);
        } catch (IOException e) {
            return false;
        }
    }

    /// Leaves no half model. What other names refer to stays.
    private void clean(String folder, Exception failure) {
        boolean continued = failure instanceof JobReport.LostJobException
                || Thread.currentThread().isInterrupted();
        if (continued) {
            return; // by another registry, or by this one's next start
        }
        try {
            if (!report.patiently(() -> tools.catalogue().isReferenced(folder))) {
                StagedFolder.deleteTree(tools.folders().of(folder));
            }
        } catch (IOException | RuntimeException e) {
            failure.addSuppressed(e);
        }
    }
}
