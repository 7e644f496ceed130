package io.dipper.registry;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The whole service on a real PostgreSQL, spoken to over HTTP. The database outlives restarts of
/// the service.
final class RunningRegistry implements AutoCloseable {
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(20);

    static final String TOKEN = "a-token-for-tests-only";

    /// A status and a body; the body is null where there is none.
    record Answer(int status, JsonNode body, HttpResponse<String> response) {
        JsonNode data() {
            return body.get("data");
        }

        String error() {
            return body.get("error").get("message").stringValue();
        }
    }

    final EmbeddedPostgres postgres;
    private final Path home;
    private final Map<String, Object> properties;
    private final HttpClient http = HttpClient.newHttpClient();
    private ConfigurableApplicationContext context;

    private RunningRegistry(Path home, Map<String, Object> more) {
        this.home = home;
        this.postgres = EmbeddedPostgres.start(new DipperHome(home.resolve("database")));
        this.properties = new HashMap<>(postgres.settings().asProperties());
        properties.put("dipper.home", home.toString());
        properties.put("dipper.service-token", TOKEN);
        properties.put("server.port", 0);
        properties.putAll(more);
    }

    static RunningRegistry start(Path home, Map<String, Object> more) {
        var registry = new RunningRegistry(home, more);
        registry.startService();
        return registry;
    }

    void startService() {
        context = RegistryApplication.start(properties);
    }

    void stopService() {
        context.close();
    }

    Path models() {
        return home.resolve("models");
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    Answer get(String path) throws IOException, InterruptedException {
        return send("GET", path, null);
    }

    Answer delete(String path) throws IOException, InterruptedException {
        return send("DELETE", path, null);
    }

    Answer send(String method, String path, Object body) throws IOException, InterruptedException {
        HttpRequest request = request(path)
                .header("Authorization", "Bearer " + TOKEN)
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(
                                        body instanceof String text
                                                ? text
                                                : JsonMapper.shared().writeValueAsString(body)))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        JsonNode json = response.body().isEmpty() ? null : JsonMapper.shared().readTree(response.body());
        return new Answer(response.statusCode(), json, response);
    }

    HttpRequest.Builder request(String path) {
        String port = context.getEnvironment().getProperty("local.server.port");
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    HttpClient http() {
        return http;
    }

    /// Asks until the answer is as wanted; the test's own time limit ends a wait in vain.
    Answer await(String path, Predicate<Answer> wanted) throws IOException, InterruptedException {
        while (true) {
            Answer answer = get(path);
            if (wanted.test(answer)) {
                return answer;
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    JsonNode submit(String name, String source) throws IOException, InterruptedException {
        Answer answer = send("POST", "/api/registry/imports", Map.of("name", name, "source", source));
        if (answer.status() != 202) {
            throw new AssertionError(answer.response().body());
        }
        return answer.body();
    }

    /// Imports and waits for the end of it.
    JsonNode importNow(String name, String source) throws IOException, InterruptedException {
        return finished(submit(name, source).get("id").stringValue());
    }

    JsonNode finished(String id) throws IOException, InterruptedException {
        return await("/api/registry/imports/" + id, answer -> isFinal(answer.body()))
                .body();
    }

    private static boolean isFinal(JsonNode job) {
        return switch (job.get("state").stringValue()) {
            case "READY", "FAILED" -> true;
            default -> false;
        };
    }

    @Override
    public void close() {
        if (context.isActive()) {
            context.close();
        }
        http.close();
        postgres.close();
    }
}
