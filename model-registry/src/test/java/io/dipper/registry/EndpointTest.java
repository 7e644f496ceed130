package io.dipper.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import io.dipper.servicesupport.http.ServiceToken;
import io.dipper.servicesupport.registry.EndpointLease;
import io.dipper.servicesupport.registry.RegistryClient;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import reactor.netty.http.client.HttpClient;
import tools.jackson.databind.JsonNode;

@Timeout(120)
class EndpointTest {
    @TempDir
    static Path home;

    static RunningRegistry registry;

    @BeforeAll
    static void start() {
        registry = RunningRegistry.start(home, Map.of());
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @AfterEach
    void removeAll() {
        registry.bean(JdbcClient.class).sql("delete from endpoint").update();
    }

    @Test
    void aHeartbeatIsSeenByThoseWhoAsk() throws Exception {
        assertThat(put("host-1:m", heartbeat("m"))).isEqualTo(204);
        Map<String, Object> other = heartbeat("org/other");
        other.put("state", "LOADING");
        assertThat(put("host-1:other", other)).isEqualTo(204);

        JsonNode all = registry.get("/api/registry/endpoints").data();
        assertThat(all).hasSize(2);
        JsonNode one = registry.get("/api/registry/endpoints?model=m").data();
        assertThat(one).hasSize(1);
        assertThat(one.get(0).get("id").stringValue()).isEqualTo("host-1:m");
        assertThat(one.get(0).get("running").intValue()).isEqualTo(3);
        assertThat(one.at("/0/memory/weightsBytes").longValue()).isEqualTo(7_000_000_000L);
    }

    @Test
    void theNextHeartbeatReplacesTheLast() throws Exception {
        put("a", heartbeat("m"));
        Map<String, Object> draining = heartbeat("m");
        draining.put("state", "DRAINING");
        draining.put("running", 1);
        put("a", draining);

        JsonNode leases = registry.get("/api/registry/endpoints?model=m").data();
        assertThat(leases).hasSize(1);
        assertThat(leases.get(0).get("state").stringValue()).isEqualTo("DRAINING");
        assertThat(leases.get(0).get("running").intValue()).isEqualTo(1);
    }

    @Test
    void aLeaseEndsByTimeOrWhenItIsGivenBack() throws Exception {
        put("a", heartbeat("m"));
        put("b", heartbeat("m"));
        registry.bean(JdbcClient.class)
                .sql("update endpoint set expires_at = now() - interval '1 second' where id = 'a'")
                .update();
        assertThat(registry.get("/api/registry/endpoints").data()).hasSize(1);

        assertThat(registry.delete("/api/registry/endpoints/b").status()).isEqualTo(204);
        assertThat(registry.get("/api/registry/endpoints").data()).isEmpty();
        assertThat(registry.delete("/api/registry/endpoints/b").status()).isEqualTo(204);

        put("a", heartbeat("m"));
        assertThat(registry.get("/api/registry/endpoints").data()).hasSize(1);
    }

    @Test
    void whatRanOutAMomentAgoIsAwayForThoseWhoAskAndWhatWasGivenBackIsGone() throws Exception {
        put("a", heartbeat("m"));
        put("b", heartbeat("m"));
        put("c", heartbeat("m"));
        put("d", heartbeat("m"));
        var jdbc = registry.bean(JdbcClient.class);
        jdbc.sql("update endpoint set expires_at = now() - interval '1 second' where id = 'a'")
                .update();
        jdbc.sql("update endpoint set expires_at = now() - interval '3 minutes' where id = 'c'")
                .update();
        registry.delete("/api/registry/endpoints/d");

        JsonNode leases = registry.get("/api/registry/endpoints?away=true").data();
        assertThat(leases.valueStream()
                        .map(lease -> lease.get("id").stringValue() + " "
                                + lease.get("state").stringValue()))
                .containsExactly("a AWAY", "b READY");
        assertThat(registry.get("/api/registry/endpoints").data()).hasSize(1);
    }

    @Test
    void aServedModelIsNotRemoved() throws Exception {
        registry.importNow("m", "path:" + Fixtures.golden("qwen3"));
        put("a", heartbeat("m"));
        assertThat(registry.get("/api/registry/models/m").body().get("endpoints"))
                .hasSize(1);

        RunningRegistry.Answer refused = registry.delete("/api/registry/models/m");
        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.error()).contains("served by 1 endpoint");

        registry.delete("/api/registry/endpoints/a");
        assertThat(registry.delete("/api/registry/models/m").status()).isEqualTo(204);
    }

    @ParameterizedTest
    @CsvSource({
        "model, ../x",
        "model, ",
        "url, ftp://x",
        "url, http://host/path?x",
        "url, http://a:99999999",
        "url, http://a:65536",
        "url, http://a:0",
        "url, http://a:",
        "url, http://[",
        "url, http://[::1",
        "url, http://::::",
        "url, http://]:x",
        "url, http://-",
        "url, http://_",
        "url, http://a_b:8081",
        "id, another",
        "service, 'a\0b'",
        "service, 'a\nb'",
        "target, 'cpu\nf32'",
        "kind, x",
        "state, 1",
        "state, AWAY",
        "state, ready",
        "ttlSeconds, 1.5",
        "ttlSeconds, 3000000000",
        "model, 5",
        "state, ",
        "ttlSeconds, 0",
        "ttlSeconds, 301",
        "running, -1",
        "waiting, -1",
        "capacity, -1"
    })
    void whatCannotBeALeaseIsRefusedByField(String field, String value) throws Exception {
        Map<String, Object> heartbeat = heartbeat("m");
        heartbeat.put(field, value != null && value.matches("-?[0-9.]+") ? new BigDecimal(value) : value);

        RunningRegistry.Answer answer = registry.send("PUT", "/api/registry/endpoints/a", heartbeat);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().at("/error/param").stringValue()).isEqualTo(field);
        assertThat(registry.get("/api/registry/endpoints").data()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://host", "https://host.example:443/", "http://10.0.0.7:8081", "http://[::1]:8081"})
    void anAddressMayBeANameOrANumber(String url) throws Exception {
        Map<String, Object> heartbeat = heartbeat("m");
        heartbeat.put("url", url);
        assertThat(put("a", heartbeat)).isEqualTo(204);
    }

    /// What instances send, field for field.
    @Test
    void theClientsHeartbeatIsTaken() {
        URI self = registry.request("").build().uri();
        var client = new RegistryClient(HttpClient.create(), self.toString(), new ServiceToken(RunningRegistry.TOKEN));
        var lease = new EndpointLease(
                "a",
                "m",
                "cpu-f32",
                "http://127.0.0.1:8081",
                "inference",
                EndpointLease.State.READY,
                EndpointLease.TTL_SECONDS,
                1,
                2,
                3,
                4096,
                1_700_000_000,
                new EndpointLease.Memory(1, 2, 3, 4, 5, 6, 7));
        client.putEndpoint(lease).block();
        assertThat(client.endpoints().block()).containsExactly(lease);
    }

    /// Its row may be read by the next version of the registry.
    @Test
    void aLeaseThatAnEarlierVersionTookIsStillTold() throws Exception {
        put("a", heartbeat("m"));
        registry.bean(JdbcClient.class)
                .sql("update endpoint set memory = '{\"weightsBytes\": 5}'")
                .update();

        JsonNode memory = registry.get("/api/registry/endpoints").data().at("/0/memory");
        assertThat(memory.get("weightsBytes").longValue()).isEqualTo(5);
        assertThat(memory.get("heldPeakBytes").longValue()).isZero();
    }

    private static int put(String id, Map<String, Object> heartbeat) throws Exception {
        return registry.send("PUT", "/api/registry/endpoints/" + id, heartbeat).status();
    }

    private static Map<String, Object> heartbeat(String model) {
        Map<String, Object> heartbeat = new HashMap<>();
        heartbeat.put("model", model);
        heartbeat.put("url", "http://127.0.0.1:8081");
        heartbeat.put("service", "inference");
        heartbeat.put("state", "READY");
        heartbeat.put("ttlSeconds", 15);
        heartbeat.put("running", 3);
        heartbeat.put("waiting", 1);
        heartbeat.put("capacity", 64);
        heartbeat.put("memory", Map.of("weightsBytes", 7_000_000_000L));
        return heartbeat;
    }
}
