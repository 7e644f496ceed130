package io.dipper.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A model behind Spring AI's Ollama starter, as the gateway's clients see it. The server speaks
/// Ollama's protocol: one JSON document a line.
@Timeout(120)
class SpringAiBackendTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final long POLL_NS = 20_000_000;

    @TempDir
    static Path home;

    static EmbeddedPostgres postgres;
    static FakeUpstream ollama;
    static FakeUpstream registry;
    static ConfigurableApplicationContext gateway;
    static HttpClient http;
    static String admin;

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.start(new DipperHome(home.resolve("database")));
        ollama = new FakeUpstream();
        registry = new FakeUpstream();
        registry.answers(exchange -> FakeUpstream.reply(exchange, 200, "{\"data\":[]}"));
        Map<String, Object> properties = new HashMap<>(postgres.settings().asProperties());
        properties.put("dipper.home", home.toString());
        properties.put("dipper.service-token", "a-token-for-tests-only");
        properties.put("dipper.registry.url", registry.url());
        properties.put("dipper.gateway.first-byte", "3s");
        properties.put("dipper.gateway.idle", "3s");
        properties.put("spring.ai.ollama.base-url", ollama.url());
        properties.put("spring.ai.ollama.chat.model", "llama-elsewhere");
        properties.put("server.port", 0);
        gateway = GatewayApplication.start(properties);
        http = HttpClient.newHttpClient();
        admin = Files.readString(home.resolve("admin.key")).strip();
        while (get("/health/ready").statusCode() != 200) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @AfterAll
    static void stop() {
        http.shutdownNow();
        gateway.close();
        ollama.close();
        registry.close();
        postgres.close();
    }

    private static OutputStream lines(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/x-ndjson");
        exchange.sendResponseHeaders(200, 0);
        return exchange.getResponseBody();
    }

    private static void piece(OutputStream out, String text) throws IOException {
        FakeUpstream.write(out, """
                {"model":"llama-elsewhere","created_at":"2025-01-01T00:00:00Z","message":{"role":"assistant",\
                "content":"%s"},"done":false}
                """.formatted(text));
    }

    private static void end(OutputStream out, String reason) throws IOException {
        FakeUpstream.write(out, """
                {"model":"llama-elsewhere","created_at":"2025-01-01T00:00:00Z","message":{"role":"assistant",\
                "content":""},"done":true,"done_reason":"%s","total_duration":5,"load_duration":1,\
                "prompt_eval_count":7,"prompt_eval_duration":1,"eval_count":2,"eval_duration":1}
                """.formatted(reason));
        out.close();
    }

    private static void saysHello(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        OutputStream out = lines(exchange);
        piece(out, "Hel");
        piece(out, "lo");
        end(out, "stop");
    }

    @Test
    void itIsListedAndAnswersInOnePiece() throws Exception {
        var sent = new AtomicReference<JsonNode>();
        ollama.answers(exchange -> {
            sent.set(JsonMapper.shared().readTree(exchange.getRequestBody().readAllBytes()));
            OutputStream out = lines(exchange);
            piece(out, "Hello");
            end(out, "length");
        });
        assertThat(get("/v1/models").body()).contains("\"id\":\"llama-elsewhere\"");
        JsonNode reply = json(post(chat("\"temperature\":0.25,\"max_tokens\":9,\"stop\":[\"END\"],"
                + "\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"u\"}]")));
        assertThat(reply.at("/choices/0/message/content").stringValue()).isEqualTo("Hello");
        assertThat(reply.at("/choices/0/finish_reason").stringValue()).isEqualTo("length");
        assertThat(reply.at("/usage/total_tokens").intValue()).isEqualTo(9);
        assertThat(sent.get().at("/messages/0/role").stringValue()).isEqualTo("system");
        assertThat(sent.get().at("/options/temperature").doubleValue()).isEqualTo(0.25);
        assertThat(sent.get().at("/options/num_predict").intValue()).isEqualTo(9);
        assertThat(sent.get().at("/options/stop/0").stringValue()).isEqualTo("END");
    }

    @Test
    void itStreamsFrameByFrame() throws Exception {
        ollama.answers(SpringAiBackendTest::saysHello);
        String text = text(stream(chat("\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"u\"}]")));
        assertThat(text.lines().filter(line -> !line.isEmpty()))
                .allSatisfy(line -> assertThat(line).startsWith("data: "));
        assertThat(text)
                .contains("\"role\":\"assistant\"", "\"content\":\"Hel\"", "\"content\":\"lo\"")
                .contains("\"finish_reason\":\"stop\"", "\"choices\":[],\"usage\":{\"prompt_tokens\":7")
                .endsWith("data: [DONE]\n\n");
    }

    @Test
    void itsCallsAreTheClientsToCarryOut() throws Exception {
        var sent = new AtomicReference<JsonNode>();
        ollama.answers(exchange -> {
            sent.set(JsonMapper.shared().readTree(exchange.getRequestBody().readAllBytes()));
            OutputStream out = lines(exchange);
            FakeUpstream.write(out, """
                    {"model":"llama-elsewhere","created_at":"2025-01-01T00:00:00Z","message":{"role":"assistant",\
                    "content":"","tool_calls":[{"function":{"name":"weather","arguments":{"city":"Oslo"}}}]},\
                    "done":false}
                    """);
            end(out, "stop");
        });
        String tools = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":"
                + "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}}],";
        JsonNode reply =
                json(post(chat(tools + "\"messages\":[{\"role\":\"user\",\"content\":\"Weather in Oslo?\"}]")));
        assertThat(sent.get().at("/tools/0/function/name").stringValue()).isEqualTo("weather");
        assertThat(reply.at("/choices/0/finish_reason").stringValue()).isEqualTo("tool_calls");
        assertThat(reply.at("/choices/0/message/content").isNull()).isTrue();
        JsonNode call = reply.at("/choices/0/message/tool_calls/0");
        assertThat(call.at("/function/name").stringValue()).isEqualTo("weather");
        assertThat(JsonMapper.shared()
                        .readTree(call.at("/function/arguments").stringValue())
                        .get("city")
                        .stringValue())
                .isEqualTo("Oslo");
        assertThat(call.get("id").stringValue()).isNotBlank();
    }

    @Test
    void aHangIsGivenUpAndACutStreamEndsWithAnError() throws Exception {
        var release = new CountDownLatch(1);
        ollama.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            release.await();
        });
        assertThat(stream(chat("\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"u\"}]"))
                        .statusCode())
                .isEqualTo(504);
        release.countDown();

        var seen = new CountDownLatch(1);
        ollama.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            OutputStream out = lines(exchange);
            piece(out, "Hel");
            seen.await();
            throw new IOException("cut");
        });
        InputStream answer = stream(chat("\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"u\"}]"))
                .body();
        var cut = new StringBuilder();
        for (int next = answer.read(); next >= 0; next = answer.read()) {
            cut.append((char) next);
            if (cut.indexOf("Hel") >= 0) {
                seen.countDown();
            }
        }
        assertThat(cut.toString())
                .contains("\"content\":\"Hel\"", "data: {\"error\":{")
                .endsWith("data: [DONE]\n\n");

        ollama.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            OutputStream out = lines(exchange);
            piece(out, "Hel");
            out.close();
        });
        String early = text(stream(chat("\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"u\"}]")));
        assertThat(early).contains("data: {\"error\":{").endsWith("data: [DONE]\n\n");
    }

    @Test
    void aHangUpEndsTheProvidersWork() throws Exception {
        var ended = new CountDownLatch(1);
        ollama.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            OutputStream out = lines(exchange);
            try {
                while (true) {
                    piece(out, "on and on");
                    LockSupport.parkNanos(POLL_NS);
                }
            } catch (IOException e) {
                ended.countDown();
                throw e;
            }
        });
        try (InputStream body = stream(chat("\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"u\"}]"))
                .body()) {
            assertThat(body.read()).isEqualTo('d');
        }
        ended.await();
    }

    @Test
    void whatTheProviderHasNoWordsForIsRefusedByName() throws Exception {
        for (String field : new String[] {"\"seed\":7", "\"n\":2", "\"logprobs\":true", "\"min_p\":0.5"}) {
            HttpResponse<String> reply = post(chat(field + ",\"messages\":[{\"role\":\"user\",\"content\":\"u\"}]"));
            assertThat(reply.statusCode()).as(field).isEqualTo(400);
            assertThat(json(reply).at("/error/param").stringValue())
                    .isEqualTo(field.substring(1, field.indexOf('"', 1)));
        }
        assertThat(post(chat("\"messages\":[]")).statusCode()).isEqualTo(400);
        assertThat(post(chat("\"messages\":[{\"role\":\"alien\",\"content\":\"u\"}]"))
                        .statusCode())
                .isEqualTo(400);
    }

    private static String chat(String fields) {
        return "{\"model\":\"llama-elsewhere\"," + fields + "}";
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return http.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(String body) throws Exception {
        return http.send(
                request(CHAT).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static HttpResponse<InputStream> stream(String body) throws Exception {
        return http.send(
                request(CHAT).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofInputStream());
    }

    private static String text(HttpResponse<InputStream> reply) throws IOException {
        return new String(reply.body().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static HttpRequest.Builder request(String path) {
        String port = gateway.getEnvironment().getProperty("local.server.port");
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Authorization", "Bearer " + admin)
                .header("Content-Type", "application/json");
    }

    private static JsonNode json(HttpResponse<String> reply) {
        return JsonMapper.shared().readTree(reply.body());
    }
}
