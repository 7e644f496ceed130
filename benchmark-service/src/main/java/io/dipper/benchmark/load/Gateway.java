package io.dipper.benchmark.load;

import io.dipper.openaiapi.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Executors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// The platform as its users reach it: one address, one key.
public final class Gateway implements AutoCloseable {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
    private static final Duration REPLY_LIMIT = Duration.ofSeconds(30);

    private final URI base;
    private final String key;
    private final HttpClient http;

    public Gateway(URI base, String key) {
        this.base = base;
        this.key = key;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_LIMIT)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
    }

    HttpClient http() {
        return http;
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json");
    }

    /// A reply that is not 200 is an exception which says what the gateway said.
    public JsonNode get(String path) throws IOException, InterruptedException {
        return json(path, request(path).GET());
    }

    public JsonNode post(String path, Object body) throws IOException, InterruptedException {
        return json(path, request(path).POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(body))));
    }

    private JsonNode json(String path, HttpRequest.Builder builder) throws IOException, InterruptedException {
        HttpResponse<String> reply =
                http.send(builder.timeout(REPLY_LIMIT).build(), HttpResponse.BodyHandlers.ofString());
        try {
            JsonNode body = Json.tree(reply.body());
            if (reply.statusCode() == 200) {
                return body;
            }
            String message = body.path("error").path("message").asString("");
            throw new IOException(
                    base.resolve(path) + " answered " + reply.statusCode() + (message.isEmpty() ? "" : ": " + message));
        } catch (JacksonException e) {
            throw new IOException(base.resolve(path) + " answered " + reply.statusCode() + " without JSON", e);
        }
    }

    /// Hangs up on everything that is under way.
    @Override
    public void close() {
        http.shutdownNow();
    }
}
