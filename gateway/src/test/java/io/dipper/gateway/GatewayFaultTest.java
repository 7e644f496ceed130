package io.dipper.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/// What goes wrong around the gateway, and what its clients see of it. Each test has a gateway of its
/// own, with short limits.
@Timeout(120)
class GatewayFaultTest {

    private static final String TOKEN = "a-token-for-tests-only";
    private static final String CHAT = "/v1/chat/completions";
    private static final String FRAME = "data: {\"a\":1}\n\n";
    private static final long POLL_NS = 20_000_000;

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

    private void leases(String... leases) {
        registry.answers(
                exchange -> FakeUpstream.reply(exchange, 200, "{\"data\":[" + String.join(",", leases) + "]}"));
    }

    private static String lease(String id, String url, int running) {
        return lease(id, url, "READY", running);
    }

    private static String lease(String id, String url, String state, int running) {
        return TestGateway.lease(id, "twin", url, state, running);
    }

    private static FakeUpstream.Answer json(int status, String body) {
        return exchange -> {
            exchange.getRequestBody().readAllBytes();
            FakeUpstream.reply(exchange, status, body);
        };
    }

    @Test
    void anEndpointThatCannotBeReachedIsPassedOverForAnother() throws Exception {
        int closed;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        leases(lease("gone", "http://127.0.0.1:" + closed, 0), lease("b", second.url(), 5));
        second.answers(json(200, "{}"));
        awaitRegistry();
        assertThat(send("POST", CHAT, "{\"model\":\"twin\"}", admin).statusCode())
                .isEqualTo(200);
    }

    @Test
    void anEndpointWithoutRoomIsPassedOverForAnother() throws Exception {
        first.answers(json(429, "{}"));
        second.answers(json(200, "{\"from\":\"second\"}"));
        assertThat(send("POST", CHAT, "{\"model\":\"twin\"}", admin).body()).contains("second");

        second.answers(json(503, "{\"from\":\"second\"}"));
        HttpResponse<String> last = send("POST", CHAT, "{\"model\":\"twin\"}", admin);
        assertThat(last.statusCode()).isEqualTo(503);
        assertThat(last.body()).contains("second");
    }

    @Test
    void aRequestThatMayHaveBegunIsNotSentTwice() throws Exception {
        first.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            throw new IOException("cut before an answer");
        });
        second.answers(json(200, "{}"));
        assertThat(send("POST", CHAT, "{\"model\":\"twin\"}", admin).statusCode())
                .isEqualTo(502);
        assertThat(first.requests.get()).isOne();
        assertThat(second.requests.get()).isZero();
    }

    @Test
    void aClientThatDoesNotReadLosesItsStreamAndNobodyElseDoes() throws Exception {
        var ended = new CountDownLatch(1);
        String large = "data: " + "x".repeat(60_000) + "\n\n";
        first.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            try {
                while (true) {
                    FakeUpstream.write(out, large);
                }
            } catch (IOException e) {
                ended.countDown();
                throw e;
            }
        });
        second.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            do {
                FakeUpstream.write(out, FRAME);
                LockSupport.parkNanos(POLL_NS);
            } while (ended.getCount() > 0);
            FakeUpstream.write(out, "data: [DONE]\n\n");
            out.close();
        });
        try (var idler = new Socket(InetAddress.getLoopbackAddress(), port)) {
            idler.setReceiveBufferSize(4096);
            String body = "{\"model\":\"twin\",\"stream\":true}";
            idler.getOutputStream()
                    .write(("POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + admin
                                    + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                                    + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            while (first.requests.get() == 0) {
                LockSupport.parkNanos(POLL_NS);
            }
            leases(lease("b", second.url(), 0));
            awaitRegistry();
            String other = new String(stream(admin).body().readAllBytes(), StandardCharsets.UTF_8);
            ended.await();
            assertThat(other).startsWith(FRAME).endsWith("data: [DONE]\n\n").doesNotContain("error");
        }
    }

    @Test
    void anEndpointThatFallsSilentEndsTheStreamWithAnErrorFrame() throws Exception {
        var release = new CountDownLatch(1);
        first.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            FakeUpstream.write(out, FRAME);
            release.await();
        });
        String text = new String(stream(admin).body().readAllBytes(), StandardCharsets.UTF_8);
        release.countDown();
        assertThat(text)
                .startsWith(FRAME + "data: {\"error\":{")
                .contains("\"code\":\"timeout\"")
                .endsWith("data: [DONE]\n\n");
    }

    @Test
    void aKeyHasItsShareAndAnEndpointItsRoom() throws Exception {
        var release = new CountDownLatch(1);
        leases(lease("a", first.url(), 0));
        awaitRegistry();
        first.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            FakeUpstream.write(out, FRAME);
            release.await();
            out.close();
        });
        List<HttpResponse<InputStream>> streams = new ArrayList<>(List.of(stream(admin), stream(admin)));
        HttpResponse<InputStream> overShare = stream(admin);
        assertThat(overShare.statusCode()).isEqualTo(429);
        assertThat(overShare.headers().firstValue("Retry-After")).isPresent();
        streams.add(stream(TOKEN));
        HttpResponse<InputStream> noRoom = stream(TOKEN);
        assertThat(noRoom.statusCode()).isEqualTo(503);
        assertThat(noRoom.headers().firstValue("Retry-After")).isPresent();
        release.countDown();
        for (HttpResponse<InputStream> stream : streams) {
            stream.body().readAllBytes();
        }
        while (stream(admin).statusCode() != 200) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @Test
    void servingGoesOnWithoutTheRegistry() throws Exception {
        first.answers(json(200, "{}"));
        registry.answers(json(500, "{}"));
        int asked = registry.requests.get();
        while (registry.requests.get() < asked + 2) {
            LockSupport.parkNanos(POLL_NS);
        }
        assertThat(send("POST", CHAT, "{\"model\":\"twin\"}", admin).statusCode())
                .isEqualTo(200);
    }

    /// Nobody could renew them: so long as they may beat again, they are asked as before.
    @Test
    void leasesThatRanOutWithTheRegistryAreHeldWhenItIsBack() throws Exception {
        first.answers(json(200, "{}"));
        second.answers(json(200, "{}"));
        registry.answers(json(500, "{}"));
        awaitRegistry();
        leases(lease("a", first.url(), "AWAY", 0), lease("b", second.url(), "AWAY", 0));
        awaitRegistry();
        assertThat(send("POST", CHAT, "{\"model\":\"twin\"}", admin).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aKnownKeyOpensWhileTheDatabaseIsAwayAndAnUnknownOneIsToldToComeBack() throws Exception {
        first.answers(json(200, "{}"));
        assertThat(send("POST", CHAT, "{\"model\":\"twin\"}", admin).statusCode())
                .isEqualTo(200);
        postgres.stop();
        HttpResponse<String> unknown = send("GET", "/v1/models", null, "dk-unknown");
        assertThat(unknown.statusCode()).isEqualTo(503);
        assertThat(unknown.headers().firstValue("Retry-After")).isPresent();
        for (int i = 0; i < 3; i++) {
            assertThat(send("POST", CHAT, "{\"model\":\"twin\"}", admin).statusCode())
                    .isEqualTo(200);
        }
        postgres.start();
        while (send("GET", "/v1/models", null, "dk-unknown").statusCode() != 401) {
            LockSupport.parkNanos(POLL_NS);
        }
        assertThat(send("GET", "/api/keys", null, admin).statusCode()).isEqualTo(200);
    }

    @Test
    void streamsInFlightEndAsTheyShouldWhenTheGatewayStops() throws Exception {
        var release = new CountDownLatch(1);
        first.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            FakeUpstream.write(out, FRAME);
            while (release.getCount() > 0) {
                LockSupport.parkNanos(POLL_NS);
                FakeUpstream.write(out, ": ping\n\n");
            }
            FakeUpstream.write(out, "data: [DONE]\n\n");
            out.close();
        });
        HttpResponse<InputStream> running = stream(admin);
        assertThat(running.body().read()).isEqualTo('d');
        var stopping = CompletableFuture.runAsync(gateway::close);
        while (send("GET", "/health/ready", null, null).statusCode() == 200) {
            LockSupport.parkNanos(POLL_NS);
        }
        HttpResponse<String> late = send("POST", CHAT, "{\"model\":\"twin\"}", admin);
        assertThat(late.statusCode()).isEqualTo(503);
        assertThat(late.headers().firstValue("Retry-After")).isPresent();
        release.countDown();
        assertThat(new String(running.body().readAllBytes(), StandardCharsets.UTF_8))
                .endsWith("data: [DONE]\n\n");
        stopping.join();
    }

    @Test
    void whatIsKeptOfAnEndpointGoesWithIt() throws Exception {
        first.answers(json(200, "{}"));
        second.answers(json(200, "{}"));
        send("POST", CHAT, "{\"model\":\"twin\"}", admin);
        assertThat(send("GET", "/metrics", null, admin).body()).contains("name=\"a\"");
        leases(lease("c", second.url(), 0));
        while (send("GET", "/metrics", null, admin).body().contains("name=\"a\"")) {
            send("POST", CHAT, "{\"model\":\"twin\"}", admin);
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /// Until the gateway has read the registry's present list: it asks anew only after it took the last
    /// answer.
    private void awaitRegistry() {
        int asked = registry.requests.get();
        while (registry.requests.get() < asked + 2) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private HttpResponse<InputStream> stream(String key) throws Exception {
        HttpRequest request = request(CHAT, key)
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"twin\",\"stream\":true}"))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    }

    private HttpResponse<String> send(String method, String path, String body, String key) throws Exception {
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
