package io.dipper.checkpoint.hub;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.CheckpointException;
import io.dipper.checkpoint.CheckpointFiles;
import io.dipper.checkpoint.Progress;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The hub's cache on disk, in the layout that its own tools read and fill:
/// ```
/// models--ORG--NAME/blobs/ETAG              content, once complete
/// models--ORG--NAME/blobs/ETAG.incomplete   content on its way; continued by whoever asks next
/// models--ORG--NAME/snapshots/COMMIT/FILE   link to ../../blobs/ETAG
/// models--ORG--NAME/refs/main               the commit that a branch named when it was last asked for
/// .locks/models--ORG--NAME/ETAG.lock        held while a blob is written
/// ```
public final class HubCache {
    private final HubSettings settings;
    private final Retry retry;

    public HubCache(HubSettings settings, Retry retry) {
        this.settings = settings;
        this.retry = retry;
    }

    public HubCache(HubSettings settings) {
        this(settings, Retry.standard());
    }

    /// The checkpoint of `repo` at `revision`, complete: from the cache where it is pinned to a
    /// commit or we are offline, otherwise with what is missing fetched.
    ///
    /// @return the snapshot's folder, its name being the commit
    public Path pull(HubRepo repo, String revision, Progress progress) throws IOException {
        Optional<Path> cached = cached(repo, revision);
        if (settings.offline()) {
            return cached.orElseThrow(() -> new HubException(
                    HubException.Kind.OFFLINE,
                    repo + " at revision " + revision + ": is not complete in " + settings.cache()
                            + ", and HF_HUB_OFFLINE forbids fetching it"));
        }
        if (cached.isPresent() && HubClient.isCommit(revision)) {
            return cached.get();
        }
        try (HubClient client = new HubClient(settings, retry)) {
            return fetch(client, repo, revision, progress);
        }
    }

    /// The snapshot that the cache holds for `revision`, if all its files are there.
    public Optional<Path> cached(HubRepo repo, String revision) throws IOException {
        if (!HubClient.isRevision(revision)) {
            throw new IllegalArgumentException("the revision is no name of a branch, tag or commit");
        }
        Path folder = settings.cache().resolve(repo.cacheFolder());
        String commit = revision;
        if (!HubClient.isCommit(revision)) {
            Path ref = folder.resolve("refs").resolve(revision);
            if (!Files.isRegularFile(ref)) {
                return Optional.empty();
            }
            commit = Files.readString(ref).strip();
        }
        Path snapshot = folder.resolve("snapshots").resolve(commit);
        return HubClient.isCommit(commit) && isComplete(snapshot) ? Optional.of(snapshot) : Optional.empty();
    }

    private Path fetch(HubClient client, HubRepo repo, String revision, Progress progress) throws IOException {
        HubClient.Listing listing = client.list(repo, revision);
        Path folder = settings.cache().resolve(repo.cacheFolder());
        Path snapshot = Files.createDirectories(folder.resolve("snapshots").resolve(listing.commit()));
        var work = new Work(client, repo, listing, folder, snapshot, progress);
        List<HubFile> texts = new ArrayList<>();
        for (String name : listing.files().keySet()) {
            if (CheckpointFiles.isText(name)) {
                texts.add(work.describe(name));
            }
        }
        work.bring(texts);
        List<HubFile> weights = new ArrayList<>();
        for (String name : weightNames(repo, listing, snapshot)) {
            weights.add(work.describe(name));
        }
        work.bring(weights);
        if (!HubClient.isCommit(revision)) {
            writeRef(folder.resolve("refs").resolve(revision), listing.commit());
        }
        return snapshot;
    }

    private static List<String> weightNames(HubRepo repo, HubClient.Listing listing, Path snapshot) throws IOException {
        if (listing.files().containsKey(Checkpoint.WEIGHTS)) {
            return List.of(Checkpoint.WEIGHTS);
        }
        if (!listing.files().containsKey(Checkpoint.INDEX)) {
            throw new HubException(
                    HubException.Kind.UNUSABLE,
                    repo + ": holds neither " + Checkpoint.WEIGHTS + " nor " + Checkpoint.INDEX
                            + ": no weights in safetensors form");
        }
        List<String> shards = Checkpoint.indexedFiles(snapshot.resolve(Checkpoint.INDEX));
        for (String shard : shards) {
            if (!listing.files().containsKey(shard)) {
                throw new HubException(
                        HubException.Kind.UNUSABLE,
                        repo + ": " + shard + " is in the index, but not in the repository");
            }
        }
        return shards;
    }

    private static boolean isComplete(Path snapshot) throws IOException {
        if (!Files.exists(snapshot.resolve(Checkpoint.CONFIG))) {
            return false;
        }
        try {
            // Links whose blob is gone do not exist either.
            return Checkpoint.weightFiles(snapshot).stream()
                    .allMatch(name -> Files.isRegularFile(snapshot.resolve(name)));
        } catch (CheckpointException e) {
            return false;
        }
    }

    private static void writeRef(Path ref, String commit) throws IOException {
        Files.createDirectories(ref.getParent());
        Path draft = Files.createTempFile(ref.getParent(), ".ref", "");
        Files.writeString(draft, commit);
        Files.move(draft, ref, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /// One pull of one commit.
    private final class Work {
        private final HubClient client;
        private final HubRepo repo;
        private final HubClient.Listing listing;
        private final Path folder;
        private final Path snapshot;
        private final Progress progress;

        Work(HubClient client, HubRepo repo, HubClient.Listing listing, Path folder, Path snapshot, Progress progress) {
            this.client = client;
            this.repo = repo;
            this.listing = listing;
            this.folder = folder;
            this.snapshot = snapshot;
            this.progress = progress;
        }

        HubFile describe(String name) throws IOException {
            Optional<HubFile> listed = listing.files().get(name);
            return listed.isPresent() ? listed.get() : client.describe(repo, listing.commit(), name);
        }

        /// Fetches what is missing and links all; progress counts the bytes of all of them.
        void bring(List<HubFile> files) throws IOException {
            long total = files.stream().mapToLong(HubFile::bytes).sum();
            requireSpace(files);
            long before = 0;
            for (HubFile file : files) {
                long done = before;
                Path blob = fetchBlob(file, (phase, bytes, ofFile) -> progress.report(phase, done + bytes, total));
                link(snapshot.resolve(file.name()), blob);
                before += file.bytes();
                progress.report("download " + file.name(), before, total);
            }
        }

        private Path fetchBlob(HubFile file, Progress ofFile) throws IOException {
            Path blob = folder.resolve("blobs").resolve(file.etag());
            Path lock = settings.cache()
                    .resolve(".locks")
                    .resolve(repo.cacheFolder())
                    .resolve(file.etag() + ".lock");
            return PathLock.holding(lock, () -> {
                if (!Files.exists(blob)) {
                    Files.createDirectories(blob.getParent());
                    Path incomplete = blob.resolveSibling(file.etag() + ".incomplete");
                    client.download(repo, listing.commit(), file, incomplete, ofFile);
                    Files.move(incomplete, blob, StandardCopyOption.ATOMIC_MOVE);
                }
                return blob;
            });
        }

        private void requireSpace(List<HubFile> files) throws IOException {
            long missing = 0;
            for (HubFile file : files) {
                Path blob = folder.resolve("blobs").resolve(file.etag());
                Path incomplete = blob.resolveSibling(file.etag() + ".incomplete");
                if (!Files.exists(blob)) {
                    missing += file.bytes() - (Files.exists(incomplete) ? Files.size(incomplete) : 0);
                }
            }
            long usable = Files.getFileStore(folder).getUsableSpace();
            if (usable < missing) {
                throw CheckpointException.of(
                        folder, repo + " needs " + missing + " bytes more, the disk has " + usable + " left");
            }
        }

        private void link(Path link, Path blob) throws IOException {
            Path relative = link.getParent().relativize(blob);
            try {
                Files.createSymbolicLink(link, relative);
            } catch (FileAlreadyExistsException e) {
                if (!Files.exists(link) || !Files.isSameFile(link, blob)) {
                    Files.delete(link);
                    Files.createSymbolicLink(link, relative);
                }
            }
        }
    }
}
