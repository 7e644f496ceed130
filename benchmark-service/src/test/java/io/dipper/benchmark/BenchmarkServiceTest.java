package io.dipper.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.dipper.openaiapi.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// The whole service on a real PostgreSQL, against a gateway that streams on a socket.
@Timeout(180)
class BenchmarkServiceTest {
    private static final String TOKEN = "a-service-token-of-the-tests";
    private static final String QUICK =
            "{'name': 'quick', 'model': 'fake-model', 'rate': 100, 'count': 30, 'prompt': 50, 'output': 4}";

    @TempDir
    static Path home;

    static ConfigurableApplicationContext service;
    static FakeGateway gateway;
    static HttpClient http;

    @BeforeAll
    static void start() {
        gateway = new FakeGateway();
        http = HttpClient.newHttpClient();
        service = BenchmarkApplication.start(properties());
    }

    @AfterAll
    static void stop() {
        service.close();
        gateway.close();
        http.close();
    }

    @AfterEach
    void answerAgain() {
        gateway.script(FakeGateway.Script.ANSWER);
    }

    @Test
    void aRunMeasuresEveryRequestAndIsStored() throws Exception {
        String id = queue(QUICK);
        JsonNode run = over(id);
        assertThat(run.path("state").asString()).as(run.toString()).isEqualTo("FINISHED");
        JsonNode results = run.path("results");
        assertThat(results.path("requests").path("succeeded").asInt()).isEqualTo(30);
        assertThat(results.path("requests").path("failed").asInt()).isZero();
        assertThat(results.path("ttft").path("count").asInt()).isEqualTo(30);
        assertThat(results.path("interToken").path("count").asInt()).isEqualTo(30 * 3);
        assertThat(results.path("tokens").path("completion").asInt()).isEqualTo(30 * 4);
        assertThat(results.path("tokens").path("prompt").asInt()).isEqualTo(30 * 50);
        assertThat(results.path("memory").path("weightsBytes").asLong()).isEqualTo(1000);
        double ttft = results.path("ttft").path("p50Ms").path("value").asDouble();
        assertThat(ttft)
                .isPositive()
                .isLessThanOrEqualTo(
                        results.path("endToEnd").path("p50Ms").path("value").asDouble());
        assertThat(run.path("verdict").isNull()).isTrue();
        assertThat(send("GET", "/api/benchmark/runs", null).body()).contains("\"quick\"");
    }

    @Test
    void thresholdsAndABaselineGiveAVerdictWithReasons() throws Exception {
        String first = queue(QUICK);
        over(first);
        String body = "{'scenario': " + QUICK.replace("'output': 4", "'output': 4, 'thresholds': {'error_rate': 0}")
                + ", 'baseline': '" + first + "'}";
        JsonNode run = over(queue(body));
        assertThat(run.path("baseline").asString()).isEqualTo(first);
        assertThat(run.path("verdict").path("answer").asString()).isIn("PASS", "UNDECIDED", "FAIL");
        assertThat(run.path("verdict").path("checks").path(0).path("metric").asString())
                .isEqualTo("error_rate");
        assertThat(run.path("verdict").path("checks").path(0).path("answer").asString())
                .isEqualTo("PASS");
        assertThat(run.path("verdict").path("checks").size()).isGreaterThan(3);

        JsonNode told = get(first);
        String file = "{\"scenario\": " + QUICK.replace('\'', '"') + ", \"baseline\": " + told + "}";
        assertThat(over(queue(file)).path("verdict").path("checks").size()).isGreaterThan(3);
    }

    @Test
    void aBaselineOfAnotherLoadOrThatCannotBeStoredIsRefused() throws Exception {
        String first = queue(QUICK);
        over(first);
        String body = "{'scenario': " + QUICK.replace("'rate': 100", "'rate': 50") + ", 'baseline': '" + first + "'}";
        assertRefused(post(body), 400, "baseline");
        assertRefused(post("{'scenario': " + QUICK + ", 'baseline': '999999'}"), 400, "baseline");
        String told = get(first).toString().replace("\"errors\":{}", "\"errors\":{\"\\u0000\":1}");
        String file = "{\"scenario\": " + QUICK.replace('\'', '"') + ", \"baseline\": " + told + "}";
        assertRefused(post(file), 400, null);
    }

    @Test
    void failuresAreCountedByKindAndDoNotEndTheRun() throws Exception {
        var requests = new java.util.concurrent.atomic.AtomicInteger();
        gateway.script(reply -> {
            if (requests.getAndIncrement() % 3 == 0) {
                reply.refuse(429);
            } else {
                reply.answer();
            }
        });
        JsonNode run = over(queue(QUICK));
        assertThat(run.path("state").asString()).isEqualTo("FINISHED");
        assertThat(run.path("results").path("errors").path("http_429").asInt()).isEqualTo(10);
        assertThat(run.path("results").path("requests").path("succeeded").asInt())
                .isEqualTo(20);
    }

    @Test
    void oneRunAtATimeWithProgressAndBothMayBeCancelled() throws Exception {
        var reached = new CountDownLatch(3);
        var forever = new CountDownLatch(1);
        gateway.script(reply -> {
            reply.begin();
            reply.piece();
            reached.countDown();
            forever.await();
        });
        String running = queue(QUICK);
        String waiting = queue(QUICK);
        reached.await();
        assertThat(get(running).path("state").asString()).isEqualTo("RUNNING");
        assertThat(get(running).path("progress").path("sent").asInt()).isGreaterThanOrEqualTo(3);
        assertThat(get(waiting).path("state").asString()).isEqualTo("QUEUED");
        assertThat(send("DELETE", "/api/benchmark/runs/" + running, null).statusCode())
                .isEqualTo(409);

        assertThat(send("POST", "/api/benchmark/runs/" + waiting + "/cancel", "")
                        .statusCode())
                .isEqualTo(202);
        assertThat(send("POST", "/api/benchmark/runs/" + running + "/cancel", "")
                        .statusCode())
                .isEqualTo(202);
        assertThat(over(running).path("state").asString()).isEqualTo("CANCELLED");
        assertThat(over(waiting).path("state").asString()).isEqualTo("CANCELLED");
        assertThat(get(running)
                        .path("results")
                        .path("requests")
                        .path("succeeded")
                        .asInt())
                .isZero();
        forever.countDown();

        assertThat(send("DELETE", "/api/benchmark/runs/" + running, null).statusCode())
                .isEqualTo(204);
        assertThat(send("GET", "/api/benchmark/runs/" + running, null).statusCode())
                .isEqualTo(404);
    }

    @Test
    void aModelThatIsNotServedFailsTheRunInWords() throws Exception {
        JsonNode run = over(queue(QUICK.replace("fake-model", "other")));
        assertThat(run.path("state").asString()).isEqualTo("FAILED");
        assertThat(run.path("message").asString()).contains("serves no model other");
    }

    @Test
    void scenariosMayBeYaml() throws Exception {
        String yaml = """
                name: from a file   # as people keep them
                model: fake-model
                rate: 100
                count: 5
                prompt: {min: 20, max: 40}
                output: 2
                thresholds: {error_rate: 0}
                """;
        HttpResponse<String> reply = send("POST", "/api/benchmark/runs", yaml, "application/yaml");
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(202);
        JsonNode run = over(Json.tree(reply.body()).path("id").asString());
        assertThat(run.path("name").asString()).isEqualTo("from a file");
        assertThat(run.path("verdict").path("answer").asString()).isEqualTo("PASS");
        assertRefused(send("POST", "/api/benchmark/runs", "!!binary x", "application/yaml"), 400, null);
    }

    @Test
    void refusalsNameTheField() throws Exception {
        assertRefused(post("{'model': 'm', 'rate': -1, 'count': 1}"), 400, "rate");
        assertRefused(post("{'scenario': {'rate': 1, 'count': 1}}"), 400, "scenario.model");
        assertRefused(send("GET", "/api/benchmark/runs?limit=0", null), 400, "limit");
        assertRefused(send("GET", "/api/benchmark/runs?limit=x", null), 400, "limit");
        assertRefused(send("GET", "/api/benchmark/runs?model=%00", null), 400, "model");
        assertRefused(send("GET", "/api/benchmark/runs/x", null), 400, "id");
        assertRefused(post(""), 400, null);
        assertRefused(send("GET", "/api/benchmark/runs/123456", null), 404, null);
        assertThat(send("GET", "/v3/api-docs", null).body()).contains("/api/benchmark/runs/{id}/cancel");
    }

    @Test
    void aRunThatTheServiceDidNotLiveToEndIsAbortedAndQueuedOnesAreCarriedOut() throws Exception {
        var jdbc = service.getBean(JdbcClient.class);
        long orphan = jdbc.sql("""
                        insert into run (name, model, state, scenario) values ('orphan', 'fake-model', 'RUNNING',
                            '{"model": "fake-model", "rate": 1, "count": 1}') returning id""").query(Long.class).single();
        // The next run takes the right to run, and with it the knowledge that nobody is at the orphan.
        assertThat(over(queue(QUICK)).path("state").asString()).isEqualTo("FINISHED");
        JsonNode run = get(Long.toString(orphan));
        assertThat(run.path("state").asString()).isEqualTo("ABORTED");
        assertThat(run.path("message").asString()).isNotEmpty();
    }

    @Test
    void aServiceThatStopsAbortsItsRunAndAnotherInstanceGoesOnWithTheQueue() throws Exception {
        var forever = new CountDownLatch(1);
        gateway.script(reply -> {
            reply.begin();
            reply.piece();
            forever.await();
        });
        ConfigurableApplicationContext other = BenchmarkApplication.start(propertiesOfAnotherInstance());
        // Whichever of the two is at the run, the one that is gets stopped; this test's own service stays.
        String running = queueOn(other);
        String waiting = queue(QUICK);
        other.close();
        JsonNode aborted = over(running);
        assertThat(aborted.path("state").asString()).isEqualTo("ABORTED");
        assertThat(aborted.path("message").asString()).contains("stopped");
        gateway.script(FakeGateway.Script.ANSWER);
        forever.countDown();
        assertThat(over(waiting).path("state").asString()).isEqualTo("FINISHED");
    }

    /// A run that the other instance is at: asked for again where this test's own service was
    /// faster.
    private static String queueOn(ConfigurableApplicationContext other) throws Exception {
        while (true) {
            String id = Json.tree(
                            send(other, "POST", "/api/benchmark/runs", QUICK.replace('\'', '"'), "application/json")
                                    .body())
                    .path("id")
                    .asString();
            JsonNode run = get(id);
            while (run.path("state").asString().equals("QUEUED")) {
                LockSupport.parkNanos(5_000_000);
                run = get(id);
            }
            if (run.path("progress").isNull()) {
                return id;
            }
            send("POST", "/api/benchmark/runs/" + id + "/cancel", "");
            over(id);
        }
    }

    private static Map<String, Object> propertiesOfAnotherInstance() {
        var database = service.getBean(HikariDataSource.class);
        Map<String, Object> properties = properties();
        properties.put("dipper.database.url", database.getJdbcUrl());
        properties.put("dipper.database.username", database.getUsername());
        properties.put("dipper.database.password", database.getPassword());
        return properties;
    }

    private static Map<String, Object> properties() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("dipper.home", home.toString());
        properties.put("dipper.service-token", TOKEN);
        properties.put("dipper.gateway.url", gateway.url().toString());
        properties.put("dipper.gateway.key", FakeGateway.KEY);
        properties.put("server.port", 0);
        return properties;
    }

    private static String queue(String body) throws Exception {
        HttpResponse<String> reply = post(body);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(202);
        assertThat(reply.headers().firstValue("Location")).isPresent();
        return Json.tree(reply.body()).path("id").asString();
    }

    /// The run once it is over.
    private static JsonNode over(String id) throws Exception {
        for (JsonNode run = get(id); ; run = get(id)) {
            String state = run.path("state").asString();
            if (!state.equals("QUEUED") && !state.equals("RUNNING")) {
                return run;
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static JsonNode get(String id) throws Exception {
        return Json.tree(send("GET", "/api/benchmark/runs/" + id, null).body());
    }

    private static HttpResponse<String> post(String body) throws Exception {
        String json = body.contains("\"") ? body : body.replace('\'', '"');
        return send("POST", "/api/benchmark/runs", json, "application/json");
    }

    private static void assertRefused(HttpResponse<String> reply, int status, String param) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        JsonNode error = Json.tree(reply.body()).path("error");
        assertThat(error.path("message").asString()).isNotEmpty();
        assertThat(error.path("param").isNull() ? null : error.path("param").asString())
                .isEqualTo(param);
    }

    private static HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return send(method, path, body, "application/json");
    }

    private static HttpResponse<String> send(String method, String path, String body, String type)
            throws IOException, InterruptedException {
        return send(service, method, path, body, type);
    }

    private static HttpResponse<String> send(
            ConfigurableApplicationContext instance, String method, String path, String body, String type)
            throws IOException, InterruptedException {
        int port = instance.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Authorization", "Bearer " + TOKEN)
                .header("Content-Type", type)
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
