package io.dipper.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

@Timeout(120)
class CatalogueTest {
    @TempDir
    static Path home;

    static RunningRegistry registry;

    @BeforeAll
    static void start() throws Exception {
        registry = RunningRegistry.start(home, Map.of());
        for (String golden : List.of("llama3", "mistral-7b-v0.1", "qwen3")) {
            registry.importNow(golden, "path:" + Fixtures.golden(golden));
        }
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''| llama3 mistral-7b-v0.1 qwen3",
                "family=qwen3| qwen3",
                "family=QWEN3| qwen3",
                "family=gpt2| ''",
                "attention=sliding| mistral-7b-v0.1",
                "attention=full| llama3 qwen3",
                "attention=full,sliding| ''",
                "minContext=1| llama3 mistral-7b-v0.1 qwen3",
                "minContext=1000000| ''",
                "maxActive=1| ''",
                "maxActive=40000000000| llama3 mistral-7b-v0.1 qwen3",
                "q=LLAMA| llama3",
                "q=%25| ''",
                "q=_| ''",
                "q=3&attention=full| llama3 qwen3"
            })
    void modelsAreFoundByTheirArchitecture(String query, String names) throws Exception {
        RunningRegistry.Answer answer = registry.get("/api/registry/models?" + query);

        assertThat(answer.data().valueStream().map(model -> model.get("name").stringValue()))
                .containsExactlyElementsOf(names.isEmpty() ? List.of() : List.of(names.split(" ", -1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "models?minContext=x",
                "models?minContext=0",
                "models?maxActive=-1",
                "models?maxActive=1.5",
                "models?family=%00",
                "models?attention=a,%00",
                "models?q=%00",
                "models/qwen3/export?target=%00",
                "designs?minContext=x",
                "designs?q=a%00",
                "designs/Qwen/Qwen3-8B/diagram?against=%00",
                "endpoints?model=%00"
            })
    void conditionsThatCannotBeAreRefusedByName(String path) throws Exception {
        RunningRegistry.Answer answer = registry.get("/api/registry/" + path);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error()).isNotBlank();
        assertThat(answer.body().at("/error/param").stringValue())
                .isEqualTo(path.substring(path.indexOf('?') + 1, path.indexOf('=')));
    }

    @ParameterizedTest
    @ValueSource(strings = {"models/%00", "models/a/%00", "designs/a/%00", "imports/%00", "endpoints/%00"})
    void aPathThatNoTextCanBeIsRefused(String path) throws Exception {
        assertThat(registry.send(path.startsWith("endpoints") ? "DELETE" : "GET", "/api/registry/" + path, null)
                        .status())
                .isEqualTo(400);
    }

    @Test
    void aSummaryHasTheFactsThatModelsAreComparedBy() throws Exception {
        JsonNode model =
                registry.get("/api/registry/models?family=qwen3").data().get(0);

        JsonNode design = model.get("architecture");
        assertThat(design.get("layers").intValue()).isEqualTo(4);
        assertThat(design.get("hiddenSize").intValue()).isEqualTo(64);
        assertThat(design.get("vocabulary").intValue()).isEqualTo(320);
        assertThat(design.get("contextLength").intValue()).isEqualTo(256);
        assertThat(design.get("parametersTotal").longValue()).isPositive();
        assertThat(design.get("kvBytesPerToken").longValue()).isEqualTo(4 * 2 * 2 * 32 * 2);
        assertThat(design.get("experts").isNull()).isTrue();
        assertThat(design.get("attentionKinds").get(0).stringValue()).isEqualTo("full");
        assertThat(design.get("tied").booleanValue()).isTrue();
        assertThat(model.at("/exports/0/target").stringValue()).isEqualTo("cpu-f32");
    }

    @Test
    void whatIsNotThereIsAnOpenAiShaped404() throws Exception {
        for (String path : List.of("/models/none", "/models/org/none", "/models/none/export", "/nothing")) {
            RunningRegistry.Answer answer = registry.get("/api/registry" + path);
            assertThat(answer.status()).as(path).isEqualTo(404);
            assertThat(answer.body().get("error").propertyNames())
                    .containsExactlyInAnyOrder("message", "type", "param", "code");
        }
        assertThat(registry.get("/api/registry/models/qwen3/export?target=tpu-f8")
                        .body()
                        .at("/error/code")
                        .stringValue())
                .isEqualTo("export_not_found");
        assertThat(registry.delete("/api/registry/models/none").status()).isEqualTo(404);
        assertThat(registry.get("/api/registry/models/..%2Fx").status()).isEqualTo(400);
    }

    @Test
    void nothingIsToldWithoutTheServiceToken() throws Exception {
        for (String path : List.of("/api/registry/models", "/api/registry/endpoints", "/v3/api-docs", "/metrics")) {
            HttpResponse<String> answer =
                    registry.http().send(registry.request(path).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(path).isEqualTo(401);
        }
    }

    @Test
    void theRoutesAreDescribedAsOpenApi() throws Exception {
        JsonNode api = registry.get("/v3/api-docs").body();

        assertThat(api.get("paths").propertyNames())
                .contains(
                        "/api/registry/models",
                        "/api/registry/models/{name}",
                        "/api/registry/models/{name}/export",
                        "/api/registry/imports",
                        "/api/registry/imports/{id}",
                        "/api/registry/endpoints",
                        "/api/registry/endpoints/{id}");
        assertThat(api.at("/components/schemas").propertyNames())
                .contains("ModelSummary", "ModelDetails", "Architecture", "ImportJob", "EndpointLease");
    }

    @Test
    void everyColumnOfAnArchitectureIsFilled() {
        List<Map<String, Object>> rows = registry.bean(JdbcClient.class)
                .sql("select * from current_version")
                .query()
                .listOfRows();

        assertThat(rows)
                .hasSize(3)
                .allSatisfy(row -> assertThat(row).allSatisfy((column, value) -> {
                    if (!column.startsWith("experts_")) {
                        assertThat(value).as(column).isNotNull();
                    }
                }));
    }
}
