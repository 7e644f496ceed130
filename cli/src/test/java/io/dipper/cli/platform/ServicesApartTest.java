package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.cli.online.ImportJob;
import io.dipper.cli.online.Platform;
import io.dipper.fixtures.Fixtures;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.postgres.EmbeddedPostgres;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/// Services as they run on hosts of their own: no home and no database in common, only addresses
/// and the token.
@Timeout(300)
class ServicesApartTest {
    private static final String TOKEN = "a-token-for-this-test-only";
    private static final String MODEL = "dipper-mini";

    @TempDir
    Path folder;

    @Test
    void anInstanceThatStopsWithdrawsItsModelsAtOnce() throws Exception {
        try (var postgres = EmbeddedPostgres.start(new DipperHome(folder.resolve("database")));
                ConfigurableApplicationContext registry = Service.REGISTRY.start(
                        properties("registry", postgres.settings().asProperties()))) {
            var client = new Platform(URI.create(url(registry)), TOKEN);
            ImportJob.run(
                    client,
                    MODEL,
                    "path:" + Fixtures.dipperMini(),
                    null,
                    new PrintWriter(System.err, true, StandardCharsets.UTF_8));
            var inferenceProperties = properties("inference", Map.of("dipper.registry.url", url(registry)));
            inferenceProperties.put("dipper.model", MODEL);
            inferenceProperties.put("server.address", "0.0.0.0");
            try (ConfigurableApplicationContext inference = Service.INFERENCE.start(inferenceProperties)) {
                awaitLease(client, "READY");
                String announced = client.get("/api/registry/endpoints")
                        .path("data")
                        .path(0)
                        .path("url")
                        .asString();
                assertThat(announced).doesNotContain("0.0.0.0").endsWith(":" + port(inference));
            }
            assertThat(client.get("/api/registry/endpoints").path("data")).isEmpty();
        }
    }

    @Test
    void theExternalProfileNeedsADatabase() {
        var properties = properties("registry", Map.of("spring.profiles.active", "external"));
        assertThatThrownBy(() -> Service.REGISTRY.start(properties).close())
                .rootCause()
                .hasMessageContaining("dipper.database.url");
        assertThat(folder.resolve("registry/postgres")).doesNotExist();
    }

    private Map<String, Object> properties(String home, Map<String, Object> more) {
        Map<String, Object> properties = new LinkedHashMap<>(more);
        properties.put("server.port", 0);
        properties.put("dipper.home", folder.resolve(home).toString());
        properties.put("dipper.service-token", TOKEN);
        return properties;
    }

    private static void awaitLease(Platform registry, String state) throws InterruptedException {
        while (true) {
            for (JsonNode lease : registry.get("/api/registry/endpoints").path("data")) {
                if (lease.path("state").asString("").equals(state)) {
                    return;
                }
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static String url(ConfigurableApplicationContext service) {
        return "http://127.0.0.1:" + port(service);
    }

    private static String port(ConfigurableApplicationContext service) {
        return service.getEnvironment().getRequiredProperty("local.server.port");
    }
}
