package io.dipper.benchmark;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dipper.openaiapi.json.Json;
import io.dipper.openaiapi.sse.SseFrames;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;

/// A gateway that streams one piece a token, on a socket of its own. Prompts come to 10 tokens and
/// 2 more a word.
public final class FakeGateway implements AutoCloseable {
    public static final String KEY = "a-key-of-the-tests";
    public static final String MODEL = "fake-model";

    private final HttpServer server;
    private final List<JsonNode> requests = new CopyOnWriteArrayList<>();
    private volatile Script script = Script.ANSWER;

    /// What happens to a chat request; the reply is the script's own business.
    @FunctionalInterface
    public interface Script {
        Script ANSWER = Reply::answer;

        void play(Reply reply) throws IOException, InterruptedException;
    }

    public FakeGateway() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/v1/models", exchange -> json(exchange, 200, Map.of("data", List.of(Map.of("id", MODEL)))));
        server.createContext("/v1/chat/completions/render", this::render);
        server.createContext("/v1/chat/completions", this::chat);
        server.createContext(
                "/api/inference/models",
                exchange -> json(
                        exchange,
                        200,
                        Map.of(
                                "data",
                                List.of(Map.of(
                                        "name",
                                        MODEL,
                                        "memory",
                                        Map.of(
                                                "weightsBytes", 1000,
                                                "kvReservedBytes", 500,
                                                "kvPeakBytes", 120,
                                                "rssBytes", 4000))))));
        server.start();
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    public void script(Script next) {
        script = next;
    }

    /// Bodies of the chat requests so far.
    public List<JsonNode> requests() {
        return requests;
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void render(HttpExchange exchange) throws IOException {
        JsonNode body = body(exchange);
        json(exchange, 200, Map.of("prompt", "", "token_ids", new int[promptTokens(body)]));
    }

    private void chat(HttpExchange exchange) throws IOException {
        if (!("Bearer " + KEY).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            json(exchange, 401, Map.of("error", Map.of("message", "no", "type", "invalid_request_error")));
            return;
        }
        JsonNode body = body(exchange);
        requests.add(body);
        try {
            script.play(new Reply(
                    exchange, promptTokens(body), body.path("max_tokens").asInt()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            exchange.close();
        }
    }

    private static int promptTokens(JsonNode body) {
        String text = body.path("messages").path(0).path("content").asString();
        return 10 + 2 * text.split(" ").length;
    }

    private static JsonNode body(HttpExchange exchange) throws IOException {
        return Json.tree(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    }

    private static void json(HttpExchange exchange, int status, Object value) throws IOException {
        byte[] bytes = Json.bytes(value);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /// One reply, piece by piece.
    public record Reply(HttpExchange exchange, int promptTokens, int maxTokens) {
        public void answer() throws IOException {
            begin();
            for (int i = 0; i < maxTokens; i++) {
                piece();
            }
            end(maxTokens);
        }

        public void begin() throws IOException {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            send(SseFrames.data(chunk(Map.of("role", "assistant", "content", ""))));
        }

        public void piece() throws IOException {
            send(SseFrames.data(chunk(Map.of("content", "word "))));
        }

        public void end(int completionTokens) throws IOException {
            send(SseFrames.data(Map.of(
                    "choices",
                    List.of(),
                    "usage",
                    Map.of("prompt_tokens", promptTokens, "completion_tokens", completionTokens))));
            send(SseFrames.done());
        }

        public void error(String code) throws IOException {
            send(SseFrames.data(Map.of("error", Map.of("message", "gone", "code", code))));
            send(SseFrames.done());
        }

        public void refuse(int status) throws IOException {
            json(exchange, status, Map.of("error", Map.of("message", "refused")));
        }

        private void send(byte[] frame) throws IOException {
            OutputStream out = exchange.getResponseBody();
            out.write(frame);
            out.flush();
        }

        private static Map<String, Object> chunk(Map<String, Object> delta) {
            return Map.of("choices", List.of(Map.of("index", 0, "delta", delta)));
        }
    }
}
