package io.dipper.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// What engines tell of their memory in heartbeats stays with the export that they run.
@Timeout(120)
class ExportMemoryTest {
    private static final String MODEL = "m";
    private static final String TARGET = "cpu-f32";

    @TempDir
    static Path home;

    static RunningRegistry registry;

    @BeforeAll
    static void start() throws Exception {
        registry = RunningRegistry.start(home, Map.of());
        registry.importNow(MODEL, "path:" + Fixtures.golden("qwen3"));
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @AfterEach
    void removeAll() {
        registry.bean(JdbcClient.class)
                .sql("delete from endpoint; delete from export_memory")
                .update();
    }

    @Test
    void anExportThatNoEngineRanHasNoFigures() throws Exception {
        assertThat(export().get("memory").isNull()).isTrue();
    }

    @Test
    void aHeartbeatsFiguresStandBesideEachOther() throws Exception {
        Instant before = Instant.now().minusSeconds(1);
        beat(MODEL, TARGET, memory(1000, 900));

        JsonNode memory = export().get("memory");
        assertThat(memory.propertyNames())
                .containsExactlyInAnyOrder(
                        "predictedKvBytes", "reservedKvBytes", "predictedTotalBytes", "peakTotalBytes", "reportedAt");
        assertThat(memory.get("predictedKvBytes").longValue()).isEqualTo(300);
        assertThat(memory.get("reservedKvBytes").longValue()).isEqualTo(200);
        assertThat(memory.get("predictedTotalBytes").longValue()).isEqualTo(1000);
        assertThat(memory.get("peakTotalBytes").longValue()).isEqualTo(900);
        assertThat(Instant.parse(memory.get("reportedAt").stringValue()))
                .isBetween(before, Instant.now().plusSeconds(1));
    }

    @Test
    void theLargestPeakIsKeptWithTheTimeOfTheLastReport() throws Exception {
        beat(MODEL, TARGET, memory(1000, 900));
        beat(MODEL, TARGET, memory(1000, 1100));
        String first = export().at("/memory/reportedAt").stringValue();
        beat(MODEL, TARGET, memory(1000, 950));

        assertThat(peak()).isEqualTo(1100);
        assertThat(Instant.parse(export().at("/memory/reportedAt").stringValue()))
                .isAfter(Instant.parse(first));
    }

    @Test
    void aPeakIsNotHeldAgainstAnotherPrediction() throws Exception {
        beat(MODEL, TARGET, memory(1000, 1100));
        beat(MODEL, TARGET, memory(500, 450));

        assertThat(export().at("/memory/predictedTotalBytes").longValue()).isEqualTo(500);
        assertThat(peak()).isEqualTo(450);
    }

    @Test
    void theFiguresOutliveTheLease() throws Exception {
        beat(MODEL, TARGET, memory(1000, 900));
        registry.bean(JdbcClient.class)
                .sql("update endpoint set expires_at = now() - interval '1 hour'")
                .update();
        // The next heartbeat of anyone takes the row away.
        beat("another", TARGET, Map.of());
        assertThat(registry.bean(JdbcClient.class)
                        .sql("select count(*) from endpoint where model = 'm'")
                        .query(Integer.class)
                        .single())
                .isZero();
        assertThat(peak()).isEqualTo(900);

        registry.stopService();
        registry.startService();
        assertThat(peak()).isEqualTo(900);
    }

    @Test
    void aModelOrTargetThatIsNotKnownStoresNothing() throws Exception {
        beat("nobody", TARGET, memory(1000, 900));
        beat(MODEL, "cuda-bf16", memory(1000, 900));
        beat(MODEL, null, memory(1000, 900));

        assertThat(stored()).isZero();
    }

    @Test
    void aModelThatIsStillLoadingStoresNothing() throws Exception {
        beat(MODEL, TARGET, memory(1000, 900));
        beat(MODEL, TARGET, Map.of());
        assertThat(export().at("/memory/predictedTotalBytes").longValue()).isEqualTo(1000);
    }

    @Test
    void theFiguresGoWithTheModel() throws Exception {
        registry.importNow("gone", "path:" + Fixtures.golden("qwen3"));
        beat("gone", TARGET, memory(1000, 900));
        assertThat(stored()).isEqualTo(1);
        registry.delete("/api/registry/endpoints/a");

        assertThat(registry.delete("/api/registry/models/gone").status()).isEqualTo(204);
        assertThat(stored()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "weightsBytes",
                "kvReservedBytes",
                "kvPeakBytes",
                "plannedKvBytes",
                "plannedTotalBytes",
                "heldPeakBytes",
                "rssBytes"
            })
    void bytesAreNotNegative(String field) throws Exception {
        RunningRegistry.Answer answer = put(MODEL, TARGET, Map.of(field, -1));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().at("/error/param").stringValue()).isEqualTo("memory." + field);
    }

    private static Map<String, Object> memory(long predictedTotal, long peakTotal) {
        return Map.of(
                "plannedKvBytes",
                300,
                "kvReservedBytes",
                200,
                "plannedTotalBytes",
                predictedTotal,
                "heldPeakBytes",
                peakTotal);
    }

    private static void beat(String model, String target, Map<String, Object> memory) throws Exception {
        assertThat(put(model, target, memory).status()).isEqualTo(204);
    }

    private static RunningRegistry.Answer put(String model, String target, Map<String, Object> memory)
            throws Exception {
        Map<String, Object> heartbeat = new HashMap<>();
        heartbeat.put("model", model);
        heartbeat.put("target", target);
        heartbeat.put("url", "http://127.0.0.1:8081");
        heartbeat.put("state", "READY");
        heartbeat.put("memory", memory);
        return registry.send("PUT", "/api/registry/endpoints/" + (model.equals("another") ? "b" : "a"), heartbeat);
    }

    private static JsonNode export() throws Exception {
        return registry.get("/api/registry/models/" + MODEL).body().at("/exports/0");
    }

    private static long peak() throws Exception {
        return export().at("/memory/peakTotalBytes").longValue();
    }

    private static int stored() {
        return registry.bean(JdbcClient.class)
                .sql("select count(*) from export_memory")
                .query(Integer.class)
                .single();
    }
}
