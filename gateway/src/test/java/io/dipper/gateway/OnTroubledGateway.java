package io.dipper.gateway;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/// A gateway of its own for each test, with short limits, between two endpoints of a model, a registry and a
/// database, each of which the test may bring into trouble.
@Timeout(120)
abstract class OnTroubledGateway {

    static final String TOKEN = TestGateway.TOKEN;
    static final String CHAT = "/v1/chat/completions";
    static final String FRAME = "data: {\"a\":1}\n\n";
    static final long POLL_NS = 20_000_000;

    @TempDir
    static Path home;

    static EmbeddedPostgres postgres;

    FakeUpstream first;
    FakeUpstream second;
    FakeUpstream registry;
    ConfigurableApplicationContext gateway;
    HttpClient http;
    String admin;
    int port;

    @BeforeAll
    static void startDatabase() {
        postgres = EmbeddedPostgres.start(new DipperHome(home.resolve("database")));
    }

    @AfterAll
    static void stopDatabase() {
        postgres.close();
    }

    @BeforeEach
    void start() throws Exception {
        first = new FakeUpstream();
        second = new FakeUpstream();
        registry = new FakeUpstream();
        leases(lease("a", first.url(), 0), lease("b", second.url(), 5));
        Map<String, Object> properties = new HashMap<>(postgres.settings().asProperties());
        properties.put("dipper.home", home.toString());
        properties.put("dipper.service-token", TOKEN);
        properties.put("dipper.registry.url", registry.url());
        properties.put("dipper.gateway.idle", "600ms");
        properties.put("dipper.gateway.stalled", "600ms");
        properties.put("dipper.gateway.per-endpoint", 3);
        properties.put("dipper.gateway.per-key", 2);
        properties.put("spring.ai.model.chat", "none");
        properties.put("server.port", 0);
        gateway = GatewayApplication.start(properties);
        port = gateway.getEnvironment().getProperty("local.server.port", Integer.class);
        http = HttpClient.newHttpClient();
        admin = Files.readString(home.resolve("admin.key")).strip();
        while (send("GET", "/health/ready", null, null).statusCode() != 200) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @AfterEach
    void stop() {
        http.shutdownNow();
        gateway.close();
        first.close();
        second.close();
        registry.close();
    }

    /// What the registry lists from now on.
    final void leases(String... leases) {
        registry.answers(
                exchange -> FakeUpstream.reply(exchange, 200, "{\"data\":[" + String.join(",", leases) + "]}"));
    }

    static String lease(String id, String url, int running) {
        return lease(id, url, "READY", running);
    }

    static String lease(String id, String url, String state, int running) {
        return TestGateway.lease(id, "twin", url, state, running);
    }

    static FakeUpstream.Answer json(int status, String body) {
        return exchange -> {
            exchange.getRequestBody().readAllBytes();
            FakeUpstream.reply(exchange, status, body);
        };
    }

    /// Until the gateway has read the registry's present list: it asks anew only after it took the last
    /// answer.
    final void awaitRegistry() {
        int asked = registry.requests.get();
        while (registry.requests.get() < asked + 2) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /// A plain request for the model, with the first key.
    final HttpResponse<String> chat() throws Exception {
        return send("POST", CHAT, "{\"model\":\"twin\"}", admin);
    }

    /// What of a stream has not been read yet, to its end.
    static String rest(HttpResponse<InputStream> stream) throws IOException {
        return new String(stream.body().readAllBytes(), StandardCharsets.UTF_8);
    }

    final HttpResponse<InputStream> stream(String key) throws Exception {
        HttpRequest request = request(CHAT, key)
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"twin\",\"stream\":true}"))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    }

    final HttpResponse<String> send(String method, String path, String body, String key) throws Exception {
        HttpRequest request = request(path, key)
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path, String key) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Content-Type", "application/json");
        return key == null ? request : request.header("Authorization", "Bearer " + key);
    }
}
