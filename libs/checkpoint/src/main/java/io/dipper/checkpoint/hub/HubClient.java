package io.dipper.checkpoint.hub;

import io.dipper.checkpoint.Progress;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Speaks to a hub: what a repository holds at a revision, and its files. Passing trouble is
/// retried; what remains is a [HubException]. Safe for use by several threads.
public final class HubClient implements AutoCloseable {
    private static final int MAX_LISTING_BYTES = 32 << 20;
    private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,127}");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final JsonMapper JSON = JsonMapper.shared();

    /// A repository at one commit.
    ///
    /// @param files by name; a value is empty where the listing gives no length and digest
    public record Listing(String commit, SequencedMap<String, Optional<HubFile>> files) {}

    private final Transport transport;
    private final Retry retry;

    public HubClient(HubSettings settings, Retry retry) {
        this.transport = new Transport(settings);
        this.retry = retry;
    }

    /// Whether a revision names a commit, which never changes, and not a branch or tag.
    public static boolean isCommit(String revision) {
        return COMMIT.matcher(revision).matches();
    }

    /// Whether a text can be the name of a branch, a tag or a commit.
    public static boolean isRevision(String text) {
        return REVISION.matcher(text).matches() && !text.contains("..") && !text.contains("//") && !text.endsWith("/");
    }

    /// Resolves `revision` to a commit and lists the files there.
    public Listing list(HubRepo repo, String revision) throws IOException {
        if (!isRevision(revision)) {
            throw new IllegalArgumentException("the revision is no name of a branch, tag or commit");
        }
        String what = repo + " at revision " + revision;
        String path = "/api/models/" + repo.id() + "/revision/" + encoded(revision) + "?blobs=true";
        byte[] answer = retry.run(what, () -> {
            try (Transport.Reply reply = transport.send("GET", path, Map.of("Accept", "application/json"))) {
                reply.requireOk(what);
                return reply.body().readAll(MAX_LISTING_BYTES);
            }
        });
        return listing(what, answer);
    }

    /// Length and digest of one file, asked for by name.
    public HubFile describe(HubRepo repo, String commit, String name) throws IOException {
        String what = repo + ": " + name;
        return retry.run(what, () -> {
            try (Transport.Reply reply = transport.send("HEAD", filePath(repo, commit, name), Map.of())) {
                reply.requireOk(what);
                // Where the hub redirects, its own answer tells of the file, and the store's of what it likes.
                String bytes = reply.hubHeader("x-linked-size")
                        .or(() -> reply.header("content-length"))
                        .orElse("");
                String etag = reply.hubHeader("x-linked-etag")
                        .or(() -> reply.hubHeader("etag"))
                        .orElse("");
                return new HubFile(name, Long.parseLong(bytes), etag.replaceAll("^W/|\"", ""));
            } catch (IllegalArgumentException e) {
                throw unusable(what, "the hub announces no length and digest", e);
            }
        });
    }

    /// Brings `incomplete`, which may hold the beginning already, to the file's full and verified
    /// content.
    public void download(HubRepo repo, String commit, HubFile file, Path incomplete, Progress progress)
            throws IOException {
        String what = repo + ": " + file.name();
        try (BlobWriter blob = BlobWriter.resume(incomplete, file)) {
            // A beginning that was there before us may itself be what is wrong: then once more from the start.
            int rounds = blob.position() > 0 ? 2 : 1;
            for (int round = 0; round < rounds; round++) {
                new Download(transport, what, filePath(repo, commit, file.name()), file, blob, progress).run(retry);
                if (blob.isAuthentic()) {
                    return;
                }
                blob.restart();
            }
        }
        throw new HubException(
                HubException.Kind.CORRUPT, what + ": what arrived has not the announced digest " + file.etag());
    }

    @Override
    public void close() {
        transport.close();
    }

    private static Listing listing(String what, byte[] answer) throws HubException {
        JsonNode info;
        try {
            info = JSON.readTree(answer);
        } catch (JacksonException e) {
            throw unusable(what, "the hub's answer is no JSON", e);
        }
        String commit = info.path("sha").asString("");
        if (!isCommit(commit)) {
            throw unusable(what, "the hub's answer names no commit", null);
        }
        SequencedMap<String, Optional<HubFile>> files = new LinkedHashMap<>();
        for (JsonNode sibling : info.path("siblings")) {
            String name = sibling.path("rfilename").asString("");
            try {
                files.put(name, described(name, sibling));
            } catch (IllegalArgumentException e) {
                throw unusable(what, "the hub describes a file impossibly: " + e.getMessage(), e);
            }
        }
        return new Listing(commit, files);
    }

    private static Optional<HubFile> described(String name, JsonNode sibling) {
        JsonNode large = sibling.path("lfs");
        JsonNode bytes = large.has("size") ? large.path("size") : sibling.path("size");
        String etag = large.path("sha256").asString(sibling.path("blobId").asString(""));
        return bytes.canConvertToLong() && !etag.isEmpty()
                ? Optional.of(new HubFile(name, bytes.longValue(), etag))
                : Optional.empty();
    }

    private static String filePath(HubRepo repo, String commit, String name) {
        return "/" + repo.id() + "/resolve/" + encoded(commit) + "/" + encoded(name);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static HubException unusable(String what, String problem, Exception cause) {
        return new HubException(HubException.Kind.UNUSABLE, what + ": " + problem, cause);
    }
}
