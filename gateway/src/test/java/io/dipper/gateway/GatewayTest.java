package io.dipper.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The whole gateway on a real PostgreSQL, with clients and upstreams on real sockets.
@Timeout(120)
class GatewayTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final long POLL_NS = 20_000_000;

    @TempDir
    static Path home;

    static TestGateway gateway;
    static FakeUpstream upstream;
    static HttpClient http;
    static String admin;

    @BeforeAll
    static void start() throws Exception {
        gateway = new TestGateway(
                home,
                url -> List.of(
                        TestGateway.lease("a", "org/model", url, "READY", 0),
                        TestGateway.lease("b", "frail", url, "READY", 0),
                        TestGateway.lease("c", "slow", url, "LOADING", 0),
                        TestGateway.lease("d", "away", url, "AWAY", 0)),
                url -> Map.of(
                        "dipper.gateway.max-body", "64KB",
                        "dipper.gateway.circuit-open", "300ms",
                        "dipper.gateway.first-byte", "3s",
                        "dipper.backends.other.url", url + "/v1",
                        "dipper.backends.other.api-key", "their-key",
                        "dipper.backends.other.models", "elsewhere"));
        upstream = gateway.upstream;
        http = gateway.http;
        admin = Files.readString(home.resolve("admin.key")).strip();
        while (send("GET", "/health/ready", null, null).statusCode() != 200) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @Test
    void nothingButHealthAndPagesIsOpen() throws Exception {
        for (String path : new String[] {
            "/v1/models",
            "/metrics",
            "/api/keys",
            "/api/registry/models",
            "/tokenize",
            // Other spellings of the same paths.
            "/metrics;a=.b",
            "/%6detrics;.",
            "/v1;x/models;y=.z",
            "/%61pi/keys;.",
            "//metrics",
            "//api//keys;.",
        }) {
            assertThat(send("GET", path, null, null).statusCode()).as(path).isEqualTo(401);
            assertThat(send("GET", path, null, "dk-nothing").statusCode())
                    .as(path)
                    .isEqualTo(401);
        }
        assertThat(send("POST", "/nowhere", "{}", null).statusCode()).isEqualTo(401);
        assertThat(send("GET", "/health", null, null).statusCode()).isEqualTo(200);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("admin.key"))))
                .isEqualTo("rw-------");
    }

    @Test
    void aKeyOpensWhatItsRoleMayUntilItIsRevoked() throws Exception {
        JsonNode made = json(send("POST", "/api/keys", "{\"name\":\"mine\",\"role\":\"user\"}", admin));
        String key = made.get("key").stringValue();
        assertThat(send("GET", "/v1/models", null, key).statusCode()).isEqualTo(200);
        assertThat(send("GET", "/api/keys", null, key).statusCode()).isEqualTo(403);
        assertThat(send("GET", "/api/registry/endpoints", null, key).statusCode())
                .isEqualTo(403);
        HttpResponse<String> list = send("GET", "/api/keys", null, admin);
        assertThat(list.body())
                .contains("\"name\":\"mine\"", "\"revokedAt\":null")
                .doesNotContain(key);
        assertThat(send("DELETE", "/api/keys/" + made.get("id").stringValue(), null, admin)
                        .statusCode())
                .isEqualTo(204);
        assertThat(send("GET", "/v1/models", null, key).statusCode()).isEqualTo(401);
        assertThat(send("DELETE", "/api/keys/none", null, admin).statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'name':5}| name",
                "{'name':true}| name",
                "{'name':['a']}| name",
                "{'name':'a','name':'b'}| name",
                "{'name':'\\u0000'}| name",
                "{'name':'\\ud800'}| name",
                "{'name':'a\\nb'}| name",
                "{'name':'a','role':1}| role",
                "{'name':'a','scope':'all'}| scope",
                "[]|",
                "''|"
            })
    void aKeyThatCannotBeMadeIsRefusedByField(String body, String param) throws Exception {
        HttpResponse<String> reply = send("POST", "/api/keys", body.replace('\'', '"'), admin);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
        JsonNode error = json(reply).get("error");
        assertThat(error.get("param").isNull() ? null : error.get("param").stringValue())
                .isEqualTo(param);
        assertThat(send("DELETE", "/api/keys/%00", null, admin).statusCode()).isEqualTo(400);
    }

    @Test
    void bytesPassUnchangedAndTheClientsKeyStaysHere() throws Exception {
        var seen = new AtomicReference<String>();
        var auth = new AtomicReference<String>();
        upstream.answers(exchange -> {
            seen.set(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            auth.set(exchange.getRequestHeaders().getFirst("Authorization"));
            FakeUpstream.reply(exchange, 200, "{ \"odd\" :  1.0e0 }");
        });
        String body = "{ \"x\": {\"model\":\"no\"},  \"model\" : \"org/model\", \"n\":1.00 }";
        assertThat(send("POST", CHAT, body, admin).body()).isEqualTo("{ \"odd\" :  1.0e0 }");
        assertThat(seen.get()).isEqualTo(body);
        assertThat(auth.get()).isEqualTo("Bearer " + TestGateway.TOKEN);
        assertThat(send("POST", CHAT, "{\"model\":\"elsewhere\"}", admin).statusCode())
                .isEqualTo(200);
        assertThat(auth.get()).isEqualTo("Bearer their-key");
    }

    @Test
    void pagesMayLoadNothingFromElsewhere() throws Exception {
        assumeTrue(GatewayTest.class.getResource("/static/index.html") != null, "the console was not built");
        assertThat(send("GET", "/", null, null).headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(
                        policy -> assertThat(policy).contains("default-src 'self'", "frame-ancestors 'none'"));
    }

    @Test
    void whatCannotBeRoutedIsRefused() throws Exception {
        assertError(send("POST", CHAT, "{\"model\":\"nobody\"}", admin), 404, "model_not_found");
        for (String notNow : new String[] {"slow", "away"}) {
            HttpResponse<String> reply = send("POST", CHAT, "{\"model\":\"" + notNow + "\"}", admin);
            assertError(reply, 503, "no_endpoint");
            assertThat(reply.headers().firstValue("Retry-After")).isPresent();
        }
        assertError(send("POST", CHAT, "{\"model\":\"" + "x".repeat(70_000) + "\"}", admin), 413, "request_too_large");
        for (String bad : new String[] {"", "[]", "{\"model\":", "{\"model\":7}", "{}"}) {
            assertThat(send("POST", CHAT, bad, admin).statusCode()).as(bad).isEqualTo(400);
        }
        assertThat(send("GET", CHAT, null, admin).statusCode()).isEqualTo(405);
        assertThat(send("GET", "/v1/nope", null, admin).statusCode()).isEqualTo(404);
        assertThat(send("HEAD", "/", null, null).statusCode())
                .isEqualTo(send("GET", "/", null, null).statusCode());
        HttpRequest untyped = gateway.request(CHAT, admin)
                .setHeader("Content-Type", "garbage")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"nobody\"}"))
                .build();
        assertError(http.send(untyped, HttpResponse.BodyHandlers.ofString()), 415, "unsupported_media_type");
    }

    @Test
    void errorsRepeatNoMoreThanALikelyName() throws Exception {
        HttpResponse<String> longName = send("POST", CHAT, "{\"model\":\"" + "x".repeat(10_000) + "\"}", admin);
        assertError(longName, 404, "model_not_found");
        assertThat(longName.body()).hasSizeLessThan(500);
        HttpResponse<String> halfPair = send("POST", CHAT, "{\"model\":\"\\ud800\"}", admin);
        assertThat(halfPair.statusCode()).isEqualTo(400);
        assertThat(halfPair.body()).contains("\"param\":\"model\"");
        String deep = "{\"model\":\"m\",\"x\":" + "[".repeat(2_000);
        assertThat(send("POST", CHAT, deep, admin).body())
                .doesNotContain("Constraints")
                .contains("nested too deeply");
    }

    @Test
    void modelsOfAllBackendsAreListedOnce() throws Exception {
        assertThat(json(send("GET", "/v1/models", null, admin))
                        .get("data")
                        .valueStream()
                        .map(model -> model.get("id").stringValue()))
                .containsExactly("elsewhere", "frail", "org/model");
        assertThat(send("GET", "/v1/models/org/model", null, admin).body())
                .contains(
                        "\"id\":\"org/model\"",
                        "\"created\":1700000000",
                        "\"max_model_len\":4096",
                        "\"owned_by\":\"dipper\"");
        assertThat(send("GET", "/v1/models/elsewhere", null, admin).body()).contains("\"owned_by\":\"other\"");
        assertThat(send("GET", "/v1/models/slow", null, admin).statusCode()).isEqualTo(404);
    }

    @Test
    void framesArriveAsTheyAreWrittenAndACutStreamEndsWithAnError() throws Exception {
        var firstSeen = new CountDownLatch(1);
        upstream.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            FakeUpstream.write(out, "data: {\"a\":1}\n\n");
            firstSeen.await();
            FakeUpstream.write(out, "data: {\"cut");
            throw new IOException("cut");
        });
        HttpResponse<InputStream> reply = stream("org/model");
        byte[] first = reply.body().readNBytes("data: {\"a\":1}\n\n".length());
        assertThat(new String(first, StandardCharsets.UTF_8)).isEqualTo("data: {\"a\":1}\n\n");
        firstSeen.countDown();
        assertThat(new String(reply.body().readAllBytes(), StandardCharsets.UTF_8))
                .startsWith("data: {\"error\":{")
                .doesNotContain("cut\"")
                .endsWith("data: [DONE]\n\n");
    }

    @Test
    void aClientThatHangsUpEndsTheUpstreamsWork() throws Exception {
        var ended = new CountDownLatch(1);
        upstream.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            try {
                while (true) {
                    FakeUpstream.write(out, "data: {\"a\":1}\n\n");
                    LockSupport.parkNanos(POLL_NS);
                }
            } catch (IOException e) {
                ended.countDown();
                throw e;
            }
        });
        try (InputStream body = stream("org/model").body()) {
            assertThat(body.read()).isEqualTo('d');
        }
        ended.await();
    }

    @Test
    void anEndpointThatKeepsFailingIsLeftAloneAndTriedAgainLater() throws Exception {
        upstream.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            FakeUpstream.reply(exchange, 500, "{}");
        });
        HttpResponse<String> reply = send("POST", CHAT, "{\"model\":\"frail\"}", admin);
        while (reply.statusCode() != 503) {
            assertThat(reply.statusCode()).isEqualTo(500);
            reply = send("POST", CHAT, "{\"model\":\"frail\"}", admin);
        }
        assertError(reply, 503, "no_endpoint");
        upstream.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            FakeUpstream.reply(exchange, 200, "{}");
        });
        while (send("POST", CHAT, "{\"model\":\"frail\"}", admin).statusCode() != 200) {
            LockSupport.parkNanos(POLL_NS);
        }
        assertThat(send("GET", "/metrics", null, admin).body()).contains("resilience4j_circuitbreaker_state");
    }

    @Test
    void aStreamThatDoesNotBeginIsGivenUp() throws Exception {
        var release = new CountDownLatch(1);
        upstream.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            release.await();
        });
        HttpResponse<InputStream> reply = stream("elsewhere");
        assertThat(reply.statusCode()).isEqualTo(504);
        release.countDown();
    }

    @Test
    void administrationIsPassedOnWithTheServiceToken() throws Exception {
        HttpResponse<String> reply = send("GET", "/api/registry/endpoints?model=x", null, admin);
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(json(reply).get("data")).hasSize(4);
    }

    private static HttpResponse<InputStream> stream(String model) throws Exception {
        HttpRequest request = gateway.request(CHAT, admin)
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"" + model + "\",\"stream\":true}"))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    }

    private static HttpResponse<String> send(String method, String path, String body, String key) throws Exception {
        HttpRequest request = gateway.request(path, key)
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> reply) {
        return JsonMapper.shared().readTree(reply.body());
    }

    private static void assertError(HttpResponse<String> reply, int status, String code) {
        assertThat(reply.statusCode()).isEqualTo(status);
        assertThat(json(reply).get("error").get("code").stringValue()).isEqualTo(code);
    }
}
