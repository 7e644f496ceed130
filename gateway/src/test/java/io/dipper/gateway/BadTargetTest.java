package io.dipper.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.postgres.EmbeddedPostgres;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.springframework.context.ConfigurableApplicationContext;

/// Endpoints whose addresses are none: an old registry may have taken them.
@Timeout(120)
class BadTargetTest {

    private static final String TOKEN = "a-token-for-tests-only";
    private static final long POLL_NS = 20_000_000;

    static final List<String> URLS = List.of(
            "http://a:99999999",
            "http://[",
            "http://::::",
            "http://]:x",
            "http://-",
            "http://_",
            "http://a b",
            "http://" + "a".repeat(300),
            "http://[::1",
            "http://127.0.0.1:0",
            "ftp://127.0.0.1",
            "127.0.0.1",
            "");

    @TempDir
    static Path home;

    static EmbeddedPostgres postgres;
    static FakeUpstream upstream;
    static FakeUpstream registry;
    static ConfigurableApplicationContext gateway;
    static HttpClient http;

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.start(new DipperHome(home.resolve("database")));
        upstream = new FakeUpstream();
        upstream.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            FakeUpstream.reply(exchange, 200, "{}");
        });
        registry = new FakeUpstream();
        List<String> leases = new ArrayList<>();
        for (int i = 0; i < URLS.size(); i++) {
            leases.add(lease("alone-" + i, URLS.get(i), 0));
            leases.add(lease("twin-" + i, URLS.get(i), 0));
            leases.add(lease("twin-" + i, upstream.url(), 5));
        }
        registry.answers(
                exchange -> FakeUpstream.reply(exchange, 200, "{\"data\":[" + String.join(",", leases) + "]}"));
        Map<String, Object> properties = new HashMap<>(postgres.settings().asProperties());
        properties.put("dipper.home", home.toString());
        properties.put("dipper.service-token", TOKEN);
        properties.put("dipper.registry.url", registry.url());
        properties.put("spring.ai.model.chat", "none");
        properties.put("server.port", 0);
        gateway = GatewayApplication.start(properties);
        http = HttpClient.newHttpClient();
        while (chat("twin-0").statusCode() == 503) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @AfterAll
    static void stop() {
        http.shutdownNow();
        gateway.close();
        upstream.close();
        registry.close();
        postgres.close();
    }

    @ParameterizedTest
    @FieldSource("URLS")
    void anEndpointThatCannotBeAskedIsPassedOverForAnother(String url) throws Exception {
        assertThat(chat("twin-" + URLS.indexOf(url)).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @FieldSource("URLS")
    void theCircuitOfAnEndpointThatCannotBeAskedOpens(String url) throws Exception {
        HttpResponse<String> reply = chat("alone-" + URLS.indexOf(url));
        while (reply.statusCode() != 503) {
            assertThat(reply.statusCode()).as(reply.body()).isEqualTo(502);
            reply = chat("alone-" + URLS.indexOf(url));
        }
        assertThat(reply.body()).contains("\"code\":\"no_endpoint\"");
    }

    private static String lease(String model, String url, int running) {
        return """
                {"id":"%s","model":"%s","url":"%s","service":"inference","state":"READY","ttlSeconds":15,"running":%d,
                "waiting":0,"capacity":8,"maxModelLen":4096,"createdSeconds":1700000000,"memory":null}""".formatted(model + "-" + running, model, url, running);
    }

    private static HttpResponse<String> chat(String model) throws Exception {
        String port = gateway.getEnvironment().getProperty("local.server.port");
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + TOKEN)
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"" + model + "\"}"))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
