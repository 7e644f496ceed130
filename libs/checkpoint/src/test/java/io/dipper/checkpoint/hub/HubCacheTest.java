package io.dipper.checkpoint.hub;

import static io.dipper.checkpoint.hub.FakeHub.COMMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.CheckpointException;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.SafetensorsWriter;
import io.dipper.checkpoint.StoredType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubCacheTest {
    private static final HubRepo REPO = new HubRepo("test/tiny");
    private static final String WEIGHTS = "model.safetensors";

    @TempDir
    Path folder;

    private final FakeHub hub = new FakeHub();
    private final List<Duration> pauses = new ArrayList<>();
    private byte[] weights;
    private Path cache;

    @BeforeEach
    void fillHub() throws IOException {
        float[] values = new float[50_000];
        var random = new Random(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        Path file = folder.resolve("made.safetensors");
        SafetensorsWriter.write(
                file,
                Map.of(),
                List.of(new SafetensorsWriter.Tensor(
                        "w",
                        StoredType.F32,
                        new long[] {values.length},
                        SafetensorsWriter.Content.of(StoredType.F32, values))),
                Progress.NONE);
        weights = Files.readAllBytes(file);
        cache = folder.resolve("hub");
        hub.file("config.json", "{\"model_type\":\"tiny\"}")
                .file("tokenizer.json", "{}")
                .file(WEIGHTS, weights)
                .file("pytorch_model.bin", "not wanted")
                .file("onnx/model.onnx", "not wanted")
                .file("../../evil.json", "not wanted");
    }

    @AfterEach
    void close() {
        hub.close();
    }

    @Test
    void aPullFillsTheHubsOwnLayoutWithWhatIsNeeded() throws IOException {
        Path snapshot = pull("main");

        Path repo = cache.resolve("models--test--tiny");
        assertThat(snapshot).isEqualTo(repo.resolve("snapshots").resolve(COMMIT));
        assertThat(repo.resolve("refs/main")).hasContent(COMMIT);
        assertThat(names(snapshot)).containsExactly("config.json", WEIGHTS, "tokenizer.json");
        String etag = FakeHub.etag(WEIGHTS, weights);
        assertThat(Files.readSymbolicLink(snapshot.resolve(WEIGHTS))).isEqualTo(Path.of("../../blobs", etag));
        assertThat(repo.resolve("blobs").resolve(etag)).hasBinaryContent(weights);
        assertThat(names(repo.resolve("blobs"))).hasSize(3);
        try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
            assertThat(checkpoint.tensors().sequencedKeySet()).containsExactly("w");
        }
    }

    @Test
    void aSecondPullFetchesNothingAndAPinnedOneDoesNotEvenAsk() throws IOException {
        pull("main");
        hub.requests.clear();

        pull("main");
        assertThat(hub.requests)
                .extracting(FakeHub.Request::path)
                .containsExactly("/api/models/test/tiny/revision/main");
        hub.requests.clear();

        pull(COMMIT);
        assertThat(hub.requests).isEmpty();
    }

    @Test
    void shardsAreFoundThroughTheIndex() throws IOException {
        hub.close();
        try (FakeHub sharded = new FakeHub()) {
            sharded.file("config.json", "{}")
                    .file(
                            "model.safetensors.index.json",
                            "{\"weight_map\":{\"w\":\"model-00001-of-00001.safetensors\"}}")
                    .file("model-00001-of-00001.safetensors", weights)
                    .file("consolidated.safetensors", weights);
            Path snapshot = cache(sharded, Optional.empty(), false).pull(REPO, "main", Progress.NONE);
            assertThat(names(snapshot))
                    .containsExactly("config.json", "model-00001-of-00001.safetensors", "model.safetensors.index.json");
        }
    }

    @Test
    void aCutOffDownloadIsContinuedWhereItEnded() throws IOException {
        hub.faults(WEIGHTS, new FakeHub.Fault.CutAfter(70_000), new FakeHub.Fault.CutAfter(60_000));

        Path snapshot = pull("main");

        assertThat(snapshot.resolve(WEIGHTS)).hasBinaryContent(weights);
        List<FakeHub.Request> asked = hub.contentRequests(WEIGHTS);
        assertThat(asked)
                .extracting(request -> request.header("Range"))
                .hasSize(3)
                .startsWith((String) null);
        assertThat(asked.get(1).header("Range")).matches("bytes=[1-9]\\d*-");
        assertThat(asked.get(1).header("If-Range")).startsWith("\"store-");
        assertThat(pauses).hasSize(2);
    }

    @Test
    void aHubThatIgnoresRangesIsReadFromTheStart() throws IOException {
        hub.faults(WEIGHTS, new FakeHub.Fault.CutAfter(70_000), new FakeHub.Fault.IgnoreRange());

        assertThat(pull("main").resolve(WEIGHTS)).hasBinaryContent(weights);
        assertThat(hub.contentRequests(WEIGHTS)).hasSize(2);
    }

    @Test
    void aRangeThatIsRefusedIsAskedForFromTheStart() throws IOException {
        hub.faults(WEIGHTS, new FakeHub.Fault.CutAfter(70_000), new FakeHub.Fault.Status(416, Map.of()));

        assertThat(pull("main").resolve(WEIGHTS)).hasBinaryContent(weights);
        assertThat(hub.contentRequests(WEIGHTS).getLast().header("Range")).isNull();
    }

    @Test
    void whatAnEarlierProcessLeftIsContinued() throws IOException {
        leave(Arrays.copyOf(weights, 100_000));

        assertThat(pull("main").resolve(WEIGHTS)).hasBinaryContent(weights);
        assertThat(hub.contentRequests(WEIGHTS))
                .extracting(request -> request.header("Range"))
                .containsExactly("bytes=100000-");
    }

    @Test
    void aWrongBeginningLeftByAnEarlierProcessIsFetchedAnew() throws IOException {
        leave(new byte[100_000]);

        assertThat(pull("main").resolve(WEIGHTS)).hasBinaryContent(weights);
        assertThat(hub.contentRequests(WEIGHTS)).hasSize(2);
    }

    @Test
    void moreThanTheWholeLeftByAnEarlierProcessIsFetchedAnew() throws IOException {
        leave(new byte[weights.length + 1]);

        assertThat(pull("main").resolve(WEIGHTS)).hasBinaryContent(weights);
    }

    @ParameterizedTest
    @ValueSource(strings = {WEIGHTS, "tokenizer.json"})
    void aWrongDigestIsNeverAccepted(String name) throws IOException {
        hub.faults(name, new FakeHub.Fault.Flip());

        assertRefused(HubException.Kind.CORRUPT, name + ": what arrived has not the announced digest");
        assertThat(cache.resolve("models--test--tiny/snapshots").resolve(COMMIT).resolve(name))
                .doesNotExist();

        assertThat(pull("main").resolve(WEIGHTS)).hasBinaryContent(weights);
    }

    @Test
    void aDownloadThatNeverGetsFartherIsGivenUpAndLaterContinued() throws IOException {
        hub.faults(
                WEIGHTS,
                new FakeHub.Fault.CutAfter(80_000),
                new FakeHub.Fault.Status(503, Map.of()),
                new FakeHub.Fault.Status(503, Map.of()));

        assertRefused(HubException.Kind.UNAVAILABLE, "gave up after 3 tries: the hub answers 503");
        assertThat(cache(hub, Optional.empty(), false).cached(REPO, "main")).isEmpty();

        assertThat(pull("main").resolve(WEIGHTS)).hasBinaryContent(weights);
        assertThat(hub.contentRequests(WEIGHTS).getLast().header("Range")).matches("bytes=[1-9]\\d*-");
    }

    @Test
    void theHubSaysHowLongToWait() throws IOException {
        hub.faults("config.json", new FakeHub.Fault.Status(429, Map.of("Retry-After", "17")));

        pull("main");

        assertThat(pauses).containsExactly(Duration.ofSeconds(17));
    }

    @Test
    void theTokenGoesToTheHubAndNotToTheStore() throws IOException {
        hub.requires("hf_secret");
        cache(hub, Optional.of("hf_secret"), false).pull(REPO, "main", Progress.NONE);

        assertThat(hub.requests)
                .anyMatch(FakeHub.Request::toStore)
                .allSatisfy(request -> assertThat(request.header("Authorization"))
                        .isEqualTo(request.toStore() ? null : "Bearer hf_secret"));
    }

    @Test
    void refusedAccessAndMissingThingsAreToldApart() {
        assertThatThrownBy(() -> cache(hub, Optional.empty(), false).pull(REPO, "nope", Progress.NONE))
                .hasMessageContaining("test/tiny at revision nope: not found")
                .extracting(e -> ((HubException) e).kind())
                .isEqualTo(HubException.Kind.NOT_FOUND);

        hub.requires("hf_secret");
        assertRefused(HubException.Kind.UNAUTHORIZED, "Access to model test/tiny is restricted.", "HF_TOKEN");
        assertThat(pauses).isEmpty();
    }

    @Test
    void aHubWithoutDescriptionsIsAskedFileByFile() throws IOException {
        hub.describesNothing();

        assertThat(pull("main").resolve(WEIGHTS)).hasBinaryContent(weights);
        assertThat(names(cache.resolve("models--test--tiny/blobs"))).contains(FakeHub.etag(WEIGHTS, weights));
    }

    @Test
    void offlineTheCacheAloneCounts() throws IOException {
        HubCache offline = cache(hub, Optional.empty(), true);
        assertThatThrownBy(() -> offline.pull(REPO, "main", Progress.NONE))
                .hasMessageContaining("HF_HUB_OFFLINE")
                .extracting(e -> ((HubException) e).kind())
                .isEqualTo(HubException.Kind.OFFLINE);

        Path snapshot = pull("main");
        hub.requests.clear();
        assertThat(offline.pull(REPO, "main", Progress.NONE)).isEqualTo(snapshot);
        assertThat(offline.pull(REPO, COMMIT, Progress.NONE)).isEqualTo(snapshot);
        assertThat(hub.requests).isEmpty();

        Files.delete(snapshot.resolve(WEIGHTS));
        assertThatThrownBy(() -> offline.pull(REPO, "main", Progress.NONE)).isInstanceOf(HubException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"sha\":",
                "[]",
                "{\"sha\":\"main\"}",
                "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":[]}",
                "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":"
                        + "[{\"rfilename\":\"config.json\",\"size\":2,\"blobId\":\"../../x\"}]}"
            })
    void aListingThatCannotBeIsRefused(String listing) {
        hub.listing(listing);

        assertRefused(HubException.Kind.UNUSABLE, "test/tiny");
    }

    @Test
    void aDiskThatIsTooSmallIsSeenBeforeTheDownload() {
        hub.listing("""
                {"sha":"%s","siblings":[{"rfilename":"config.json","size":%d,"blobId":"%s"}]}""".formatted(COMMIT, Long.MAX_VALUE / 2, "a".repeat(40)));

        assertThatThrownBy(() -> pull("main"))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("test/tiny needs " + Long.MAX_VALUE / 2 + " bytes more, the disk has");
    }

    @Test
    void severalPullsAtOnceFetchEachFileOnce() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Path>> pulls = Stream.generate(() -> (Callable<Path>) () -> pull("main"))
                    .limit(4)
                    .toList();
            for (Future<Path> pulled : threads.invokeAll(pulls)) {
                assertThat(pulled.get().resolve(WEIGHTS)).hasBinaryContent(weights);
            }
        }
        assertThat(hub.contentRequests(WEIGHTS)).hasSize(1);
        assertThat(hub.contentRequests("config.json")).hasSize(1);
    }

    @Test
    void progressRisesToTheTotal() throws IOException {
        List<Long> done = new ArrayList<>();
        cache(hub, Optional.empty(), false).pull(REPO, "main", (phase, bytes, total) -> {
            if (phase.endsWith(WEIGHTS)) {
                done.add(bytes);
                assertThat(total).isEqualTo(weights.length);
            }
        });
        assertThat(done).isSorted().endsWith((long) weights.length);
    }

    private Path pull(String revision) throws IOException {
        return cache(hub, Optional.empty(), false).pull(REPO, revision, Progress.NONE);
    }

    private HubCache cache(FakeHub from, Optional<String> token, boolean offline) {
        return new HubCache(
                new HubSettings(from.endpoint(), token, offline, cache), new Retry(3, time -> pauses.add(time)));
    }

    private void leave(byte[] beginning) throws IOException {
        Path blobs = Files.createDirectories(cache.resolve("models--test--tiny/blobs"));
        Files.write(blobs.resolve(FakeHub.etag(WEIGHTS, weights) + ".incomplete"), beginning);
    }

    private void assertRefused(HubException.Kind kind, String... parts) {
        assertThatThrownBy(() -> pull("main"))
                .isInstanceOf(HubException.class)
                .hasMessageContainingAll(parts)
                .extracting(e -> ((HubException) e).kind())
                .isEqualTo(kind);
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> list = Files.list(directory)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
