package io.dipper.inference.host;

import io.dipper.checkpoint.Manifest;
import io.dipper.export.Target;
import io.dipper.servicesupport.registry.RegistryClient;
import io.dipper.servicesupport.registry.RegistryClient.ModelExport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.springframework.web.reactive.function.client.WebClientException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/// Models that the registry knows. Both see the same files. An import is exported for [#IMPORTED] alone: for
/// another target its checkpoint is exported on first use, as a folder's.
public final class RegistrySource implements ModelSource {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /// What every model has an export for.
    private static final Target IMPORTED = Target.CPU_F32;

    private final RegistryClient registry;
    private final FolderSource folders;

    public RegistrySource(RegistryClient registry, FolderSource folders) {
        this.registry = registry;
        this.folders = folders;
    }

    @Override
    public Optional<ModelFiles> find(Wanted wanted) throws IOException, InterruptedException {
        String name = wanted.asked();
        Optional<ModelExport> known = ask(name, wanted.target());
        if (known.isPresent() && known.get().provenWrong() && !wanted.force()) {
            throw new IOException(
                    "the proof of " + name + " for " + wanted.target() + " failed; it is served by force alone");
        }
        return known.isEmpty() && wanted.target() != IMPORTED
                ? exported(name, wanted.target())
                : known.map(
                        export -> new ModelFiles(name, Path.of(export.folder()), Path.of(export.checkpointFolder())));
    }

    private Optional<ModelFiles> exported(String name, Target target) throws IOException, InterruptedException {
        Optional<ModelExport> imported = ask(name, IMPORTED);
        if (imported.isEmpty()) {
            return Optional.empty();
        }
        // What was imported does not change, and its export knows its digest: weights need not be read for that.
        String digest = Manifest.open(Path.of(imported.get().folder())).source();
        return Optional.of(folders.files(name, Path.of(imported.get().checkpointFolder()), digest, target));
    }

    private Optional<ModelExport> ask(String name, Target target) throws IOException {
        try {
            return registry.export(name, target.toString()).blockOptional(LIMIT);
        } catch (WebClientResponseException.NotFound e) {
            return Optional.empty();
        } catch (WebClientException e) {
            throw new IOException("the registry does not answer: " + e.getMessage(), e);
        }
    }
}
