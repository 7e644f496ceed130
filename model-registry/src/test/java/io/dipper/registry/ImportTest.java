package io.dipper.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

@Timeout(120)
class ImportTest {
    private static final String QWEN3 = "path:" + Fixtures.golden("qwen3");

    @TempDir
    static Path home;

    @TempDir
    Path folder;

    static TinyHub hub;
    static RunningRegistry registry;

    @BeforeAll
    static void start() throws IOException {
        hub = new TinyHub(Fixtures.golden("llama3"));
        registry = RunningRegistry.start(
                home,
                Map.of(
                        "HF_ENDPOINT",
                        hub.endpoint(),
                        "HF_HOME",
                        home.resolve("hf").toString()));
    }

    @AfterAll
    static void stop() {
        registry.close();
        hub.close();
    }

    @AfterEach
    void removeAll() throws Exception {
        for (JsonNode model : registry.get("/api/registry/models").data()) {
            registry.delete("/api/registry/models/" + model.get("name").stringValue());
        }
        assertThat(foldersOfModels()).isEmpty();
    }

    @Test
    void aCheckpointBecomesAModelWithFactsFilesAndAnExport() throws Exception {
        JsonNode job = registry.importNow("tiny", QWEN3);

        assertState("READY", job);
        assertThat(job.get("bytesDone")).isEqualTo(job.get("bytesTotal"));
        JsonNode model = registry.get("/api/registry/models/tiny").body();
        assertThat(model.get("digest")).isEqualTo(job.get("digest"));
        assertThat(model.at("/architecture/family").stringValue()).isEqualTo("qwen3");
        assertThat(model.at("/facts/layers").intValue()).isEqualTo(4);
        assertThat(model.get("files").valueStream().map(file -> file.get("name").stringValue()))
                .containsExactly("config.json", "model.safetensors");
        JsonNode export = registry.get("/api/registry/models/tiny/export").body();
        assertThat(export.get("state").stringValue()).isEqualTo("UNPROVEN");
        Path exported = Path.of(export.get("folder").stringValue());
        Manifest.open(exported).verify(exported, Progress.NONE);
        assertThat(Path.of(export.get("checkpointFolder").stringValue()).resolve("expected.safetensors"))
                .as("reference answers come along")
                .exists();
    }

    @Test
    void theSameContentUnderTheSameNameIsImportedOnce() throws Exception {
        registry.importNow("tiny", QWEN3);
        JsonNode before = registry.get("/api/registry/models/tiny").body();

        JsonNode again = registry.importNow("tiny", "path:" + TinyCheckpoints.copy("qwen3", folder));

        assertState("READY", again);
        assertThat(again.get("message").stringValue()).isEqualTo("was there already");
        assertThat(registry.get("/api/registry/models/tiny").body()).isEqualTo(before);
    }

    @Test
    void theSameContentUnderTwoNamesSharesItsFilesUntilTheLastIsRemoved() throws Exception {
        registry.importNow("one", QWEN3);
        registry.importNow("org/two", QWEN3);
        assertThat(foldersOfModels()).hasSize(1);

        assertThat(registry.delete("/api/registry/models/one").status()).isEqualTo(204);
        JsonNode export = registry.get("/api/registry/models/org%2Ftwo/export").body();
        assertThat(Path.of(export.get("folder").stringValue()).resolve("weights.bin"))
                .exists();

        assertThat(registry.delete("/api/registry/models/org/two").status()).isEqualTo(204);
        assertThat(foldersOfModels()).isEmpty();
        assertThat(registry.get("/api/registry/models/org/two").status()).isEqualTo(404);
    }

    @Test
    void otherContentUnderTheSameNameBecomesTheCurrentVersionAndCanBeChosenBack() throws Exception {
        JsonNode first = registry.importNow("tiny", QWEN3);
        JsonNode second = registry.importNow("tiny", "path:" + TinyCheckpoints.variant("qwen3", 1, folder));
        assertThat(second.get("digest")).isNotEqualTo(first.get("digest"));

        JsonNode model = registry.get("/api/registry/models/tiny").body();
        assertThat(model.get("digest")).isEqualTo(second.get("digest"));
        assertThat(model.get("versions")).hasSize(2);

        registry.importNow("tiny", QWEN3);
        assertThat(registry.get("/api/registry/models/tiny").body().get("digest"))
                .isEqualTo(first.get("digest"));
    }

    @ParameterizedTest(name = "{0} becomes {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "\"hidden_size\": 64,| \"hidden_size\": 64, \"surprise\": 1,| surprise = 1",
                "\"model_type\": \"qwen3\"| \"model_type\": \"qwen9\"| model_type = \"qwen9\"",
                "\"intermediate_size\": 160| \"intermediate_size\": 161| misshapen model.layers.0.mlp",
                "\"num_hidden_layers\": 4| \"num_hidden_layers\": 5| layer_types",
                "\"hidden_act\"| broken \"hidden_act\"| config.json: not valid JSON"
            })
    void whatCannotBeServedIsRefusedByNameAndLeavesNothing(String from, String to, String problem) throws Exception {
        Path checkpoint = TinyCheckpoints.copy("qwen3", folder);
        TinyCheckpoints.edit(checkpoint.resolve("config.json"), from, to);

        JsonNode job = registry.importNow("tiny", "path:" + checkpoint);

        assertState("FAILED", job);
        assertThat(job.get("message").stringValue()).contains(problem);
        assertNothingCameIn();
    }

    @Test
    void aLyingHeaderIsRefusedByFileAndTensor() throws Exception {
        Path checkpoint = TinyCheckpoints.copy("qwen3", folder);
        Path weights = checkpoint.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        Files.write(weights, Arrays.copyOf(bytes, bytes.length - 2));

        JsonNode job = registry.importNow("tiny", "path:" + checkpoint);

        assertState("FAILED", job);
        assertThat(job.get("message").stringValue()).contains("model.safetensors: tensor '", "data_offsets");
        assertNothingCameIn();
    }

    @Test
    void whenTheDiskRefusesTheErrorNamesItAndTheRetrySucceeds() throws Exception {
        Path models = registry.models();
        Path aside = models.resolveSibling("models-aside");
        boolean there = Files.exists(models);
        if (there) {
            Files.move(models, aside);
        }
        Files.writeString(models, "in the way");

        JsonNode job = registry.importNow("tiny", QWEN3);
        assertState("FAILED", job);
        assertThat(job.get("message").stringValue()).contains(models.toString());

        Files.delete(models);
        if (there) {
            Files.move(aside, models);
        }
        assertState("READY", registry.importNow("tiny", QWEN3));
    }

    @Test
    void aHubRepositoryIsPulledThroughCutOffConnections() throws Exception {
        hub.faults.addAll(List.of(TinyHub.Fault.CUT_OFF));

        JsonNode job = registry.importNow("test/tiny", "hub:test/tiny");

        assertState("READY", job);
        JsonNode model = registry.get("/api/registry/models/test/tiny").body();
        assertThat(model.get("source").stringValue()).isEqualTo("hub:test/tiny@" + TinyHub.COMMIT);
        assertThat(home.resolve("hf/hub/models--test--tiny/refs/main")).hasContent(TinyHub.COMMIT);
        emptyHubCache();
    }

    @ParameterizedTest
    @CsvSource({"NOT_FOUND, model.safetensors: not found", "WRONG_BYTE, has not the announced digest"})
    void aPullThatFailsSaysWhyAndTheRetrySucceeds(TinyHub.Fault fault, String problem) throws Exception {
        hub.faults.add(fault);
        JsonNode failed = registry.importNow("tiny", "hub:test/tiny");
        assertState("FAILED", failed);
        assertThat(failed.get("message").stringValue()).contains("test/tiny", problem);
        assertNothingCameIn();

        assertState("READY", registry.importNow("tiny", "hub:test/tiny"));
        emptyHubCache();
    }

    @Test
    void importsOfOneNameComeInOneAfterAnotherInTheirOrder() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Path checkpoint = TinyCheckpoints.variant("qwen3", i, folder);
            ids.add(registry.submit("tiny", "path:" + checkpoint).get("id").stringValue());
        }

        JsonNode last = null;
        for (String id : ids) {
            last = registry.finished(id);
            assertState("READY", last);
        }

        JsonNode model = registry.get("/api/registry/models/tiny").body();
        assertThat(model.get("digest")).isEqualTo(last.get("digest"));
        assertThat(model.get("versions")).hasSize(5);
        assertThat(registry.get("/api/registry/imports").data().get(0).get("id").stringValue())
                .isEqualTo(ids.getLast());
    }

    @Test
    void askingTwiceForWhatIsUnderWayGivesTheSameJob() throws Exception {
        Path checkpoint = TinyCheckpoints.variant("qwen3", 7, folder);
        // The first import of the name keeps the second one waiting.
        registry.submit("tiny", QWEN3);
        JsonNode first = registry.submit("tiny", "path:" + checkpoint);
        JsonNode second = registry.submit("tiny", "path:" + checkpoint);

        assertThat(second.get("id")).isEqualTo(first.get("id"));
        assertState("READY", registry.finished(first.get("id").stringValue()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "tiny| none| none| source",
                "tiny| ftp:x| none| source",
                "tiny| path:relative| none| source",
                "tiny| path:/nonexistent| none| source",
                "tiny| path:/tmp| main| revision",
                "tiny| hub:a/b/c| none| source",
                "tiny| hub:../x| none| source",
                "tiny| hub:a/b| ../main| revision",
                "../tiny| hub:a/b| none| name",
                ".tiny| hub:a/b| none| name",
                "a/b/c| hub:a/b| none| name",
                "a b| hub:a/b| none| name"
            })
    void whatCannotBeBegunIsRefusedByField(String name, String source, String revision, String field) throws Exception {
        Map<String, String> request = new HashMap<>();
        request.put("name", name);
        request.put("source", source);
        request.put("revision", revision);

        RunningRegistry.Answer answer = registry.send("POST", "/api/registry/imports", request);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().at("/error/param").stringValue()).isEqualTo(field);
    }

    @ParameterizedTest
    @CsvSource({"name, 5", "revision, 5", "source, []", "source, '\"path:/a\\u0000\"'", "name, '\"\\ud800\"'", "more, 1"
    })
    void aFieldOfAnotherKindIsRefusedByName(String field, String value) throws Exception {
        String body = "{\"source\":\"hub:a/b\",\"%s\":%s}".formatted(field, value);
        RunningRegistry.Answer answer = registry.send(
                "POST", "/api/registry/imports", field.equals("source") ? "{\"source\":" + value + "}" : body);

        assertThat(answer.status()).as(body).isEqualTo(400);
        assertThat(answer.body().at("/error/param").stringValue()).isEqualTo(field);
    }

    @Test
    void aBodyThatIsNoRequestIsRefused() throws Exception {
        for (String body : List.of("", "[]", "{", "{\"source\":5}")) {
            RunningRegistry.Answer answer = registry.send("POST", "/api/registry/imports", body);
            assertThat(answer.status()).as(body).isEqualTo(400);
            assertThat(answer.error()).isNotBlank();
        }
        assertThat(registry.get("/api/registry/imports/0").status()).isEqualTo(404);
        assertThat(registry.get("/api/registry/imports/x").status()).isEqualTo(404);
    }

    private static void assertState(String state, JsonNode job) {
        assertThat(job.get("state").stringValue()).as(job.toString()).isEqualTo(state);
    }

    private static void assertNothingCameIn() throws Exception {
        assertThat(registry.get("/api/registry/models").data()).isEmpty();
        assertThat(foldersOfModels()).isEmpty();
    }

    private static void emptyHubCache() throws IOException {
        StagedFolder.deleteTree(home.resolve("hf"));
    }

    private static List<Path> foldersOfModels() throws IOException {
        if (!Files.exists(registry.models())) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(registry.models())) {
            return list.toList();
        }
    }
}
